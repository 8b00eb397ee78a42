/** What became of each thing written on this phone, in words: its kind, its files on the way, and what to do about a no. */
import { faceOf, type FileRecord, type Item } from './outbox'
import { percentOf } from './upload'

const KINDS: Record<string, string> = {
  visit: '走访', visit_tap: '您说的', visit_note: '补一条', visit_correction: '改一条', visit_void: '作废',
  comment: '晒走访里说的', comment_take_back: '收回一句', post_like: '点赞', case: '报的事', case_move: '往前办一步', case_urge: '催一下', case_extend: '再要几天',
  appraisal: '好人好事', appraisal_vote: '评一评', appraisal_aside: '请别人来评', appraisal_check: '初审', appraisal_look: '上门看看', appraisal_answer: '答复意见',
  appraisal_object: '提意见', appraisal_withdraw: '撤回好事', appraisal_decline: '说不用了',
}
const ICONS: Record<string, string> = {
  visit: 'footprints', visit_tap: 'chat-circle-text', visit_note: 'plus', visit_correction: 'pencil-simple', visit_void: 'prohibit',
  comment: 'chat-circle-text', post_like: 'hand-heart', case: 'whistle', case_urge: 'bell', case_extend: 'clock',
  appraisal: 'hand-heart', appraisal_vote: 'scales', appraisal_aside: 'scales', appraisal_check: 'eye', appraisal_look: 'footprints', appraisal_answer: 'chat-circle-text',
  appraisal_object: 'chat-circle-dots', appraisal_withdraw: 'arrow-u-up-left', appraisal_decline: 'hand-heart',
}
const SAYS = { received: '送到了', waiting: '在手机里，有信号自己送', conflict: '没收下，请看看为什么' }

export function kindWords(kind: string): string {
  return KINDS[kind] ?? '写下的'
}

export function kindIcon(kind: string): string {
  return ICONS[kind] ?? 'list-checks'
}

/** A like that has arrived needs no receipt; everything else keeps its own. */
export function isListed(item: Item): boolean {
  return item.kind !== 'post_like' || item.state !== 'received'
}

/** 录音 1 段、照片 2 张 and how far they are; nothing when there are none. */
export function filesWords(item: Item, files: ReadonlyMap<string, FileRecord>): string {
  const known = item.files.map((id) => files.get(id))
  const voices = known.filter((one) => one?.kind === 'voice').length
  const counted = [voices ? `录音 ${voices} 段` : '', known.length - voices ? `照片 ${known.length - voices} 张` : ''].filter(Boolean).join('、')
  if (!counted) return ''
  const refused = known.filter((one) => one?.state === 'refused').length
  if (refused) return `${counted}，${refused} 个没收下`
  const arrived = known.filter((one) => one?.state === 'received').length
  if (arrived === known.length) return `${counted}，都到了`
  const going = known.map((one) => (one?.state === 'queued' ? percentOf(one) : null)).find((one) => one !== null)
  return `${counted}，到了 ${arrived} / ${known.length}${going === undefined ? '' : `，这一个传到百分之 ${going}`}`
}

/** The words are safe, a picture is still on its way: the third thing beside 送到了 and 在手机里. */
export function sayings(item: Item, files: ReadonlyMap<string, FileRecord>): string {
  if (item.says) return item.says
  const isComing = item.state === 'received' && item.files.some((id) => files.get(id)?.state === 'queued')
  return isComing ? '您写的已经收到。照片和录音走到有信号的地方会自己接着传。' : SAYS[faceOf(item.state)]
}

/** What came too late needs no decision: one reads why, and that is all. */
export function isOnlyTold(item: Item): boolean {
  return item.kind !== 'appraisal' && /^(case_|appraisal_)/.test(item.kind)
}

/** About which visit a word was that the server would not take. */
export function visitOf(item: Item): string | null {
  return typeof item.body.visit_id === 'string' ? item.body.visit_id : null
}
