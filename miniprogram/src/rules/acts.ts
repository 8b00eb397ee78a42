/** Acts for which no signal is needed: which ones belong to a matter or a ballot. */
import { faceOf, type Item } from './outbox'

const OF_A_MATTER = new Set(['case_move', 'case_urge', 'case_extend'])
const OF_A_DEED = new Set(['appraisal_object', 'appraisal_withdraw', 'appraisal_decline'])
const BALLOTS = new Set(['appraisal_vote', 'appraisal_aside'])

/** What was done on this phone about a matter. */
export function actsOn(items: readonly Item[], matter: string): Item[] {
  return items.filter((item) => OF_A_MATTER.has(item.kind) && item.body.case_id === matter)
}

/** What was said on this phone about a deed that is declared or published, and has not arrived or came too late. */
export function actsOnDeeds(items: readonly Item[], deed?: string): Item[] {
  return items.filter((item) => OF_A_DEED.has(item.kind) && item.state !== 'received' && (!deed || item.body.appraisal_id === deed))
}

/** Whether this is on its way: written, and not answered for yet. */
export function isUnderWay(items: readonly Item[], kind: string): boolean {
  return items.some((item) => item.kind === kind && faceOf(item.state) === 'waiting')
}

interface Seat { id: string; round: number }

/** Ballots that this phone has not answered; one that was not taken is open again. */
export function openBallots<T extends Seat>(votes: readonly T[], items: readonly Item[]): T[] {
  const said = items.filter((item) => BALLOTS.has(item.kind) && item.state !== 'conflict').map((item) => `${String(item.body.appraisal_id)}.${String(item.body.round)}`)
  return votes.filter((one) => !said.includes(`${one.id}.${one.round}`))
}

/** Appraisals about which an act of this kind is on its way. */
export function underWay(items: readonly Item[], kind: string): Set<string> {
  return new Set(items.filter((item) => item.kind === kind && faceOf(item.state) === 'waiting').map((item) => String(item.body.appraisal_id)))
}
