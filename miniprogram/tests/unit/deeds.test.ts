import { describe, expect, it } from 'vitest'
import { bodyOf, emptyDeed, lacking, toggled, type DeedDraft } from '@/rules/deed-draft'
import { agoWords, aheadOf, choicesIn, dateAgo, lineOf, lineSaid, ruleWords, untilWords, votesWords, type Followed, type Kind } from '@/rules/deeds'
import { asSent, type FileRecord } from '@/rules/outbox'
import { doubtWords, entryWords, movedWords, pointsSaid, scoreWords, signed, storyOf, type Entry, type Points, type Why } from '@/rules/points'

const at = (text: string) => `${text}+08:00`
const NOW = Date.parse(at('2026-11-10T10:00'))
const clean = { key: 'clean_up', name: '清洁家园', points: [5, 5] as [number, number], cap: 20, per: 'month', needs_photo: true }
const help = { key: 'help_elder', name: '照顾老人', points: [5, 10] as [number, number], cap: null, per: 'event', needs_photo: false }
const KIND: Kind = {
  key: 'deed', name: '善行', declare_by: ['villager'], items_most: 1, backdate_days: 30, gives: 'points', is_yearly: false, check_by: '村文书', check_working_days: 2,
  trial_days: null, trial_looks: 0, panel_size: 3, panel_least_yes: 2, panel_working_days: 5, publish_days: 3, objection_working_days: 5, items: [clean, help],
}
const draft = (changes: Partial<DeedDraft>): DeedDraft => ({ ...emptyDeed(), ...changes })
const step = (time: string, name: string, detail: Record<string, unknown> = {}) => ({ at: at(time), step: name, detail }) as Followed['timeline'][number]
const followed = (changes: Partial<Followed>): Followed => ({
  id: 'a', kind: 'deed', kind_name: '善行', items: [], household: '', doer: '', way: 'villager', done_on: '2026-11-02', declared_at: at('2026-11-02T09:00'), words: '', file_ids: [],
  voice_id: null, stage: 'checking', due_at: null, published_at: null, publish_until: null, publish_days: 3, points: 0, help: '', may_withdraw: false, may_decline: false, timeline: [], voices: [], ...changes,
})

describe('a deed while it is written', () => {
  it('says the first thing that is missing, in the order of the page', () => {
    const parts = [draft({}), draft({ isOther: true }), draft({ isOther: false }), draft({ isOther: false, items: ['clean_up'] }), draft({ isOther: false, items: ['clean_up'], words: '扫了路' })]
    expect(parts.map((one) => lacking(one, KIND.items, true)?.part)).toEqual(['who', 'who', 'items', 'words', 'photo'])
    expect(lacking(draft({ isOther: false, items: ['help_elder'], voice: ['v'] }), KIND.items, true)).toBeNull()
    expect(lacking(draft({ items: ['clean_up'], words: '扫了路', files: ['p'] }), KIND.items, false)).toBeNull()
  })

  it('lets one choose as many as the rule allows', () => {
    expect(toggled(['a'], 'b', 1)).toEqual(['b'])
    expect(toggled(['a'], 'b', 2)).toEqual(['a', 'b'])
    expect(toggled(['a', 'b'], 'c', 2)).toEqual(['a', 'b'])
    expect(toggled(['a', 'b'], 'a', 2)).toEqual(['b'])
  })

  it('never gives consent for the pictures of another household', () => {
    const praised = { household: 'h', person: 'p', code: null, name: '王桂兰', place: '' }
    expect(bodyOf(draft({ isOther: true, praised, agreed: true, plate: true, items: ['clean_up'], words: ' 好 ' }), 'deed')).toMatchObject({
      kind: 'deed', household_id: 'h', doer_id: 'p', words: '好', has_picture_consent: false, has_plate_consent: false, voice_id: null,
    })
    const own = bodyOf(draft({ isOther: false, praised, agreed: true, voice: ['v'] }), 'deed')
    expect(own).toMatchObject({ has_picture_consent: true, voice_id: 'v' })
    expect(own).not.toHaveProperty('household_id')
    expect(bodyOf(draft({ isOther: true, praised: { ...praised, household: null, code: 'c' } }), 'deed')).toMatchObject({ door_code: 'c' })
  })

  it('travels with its recording apart from its pictures, and without what was not taken', () => {
    const item = { id: '1', owner: 'me', kind: 'appraisal', title: '', household: null, body: { voice_id: 'v' }, files: ['p', 'v'], madeAt: 1, state: 'queued' as const }
    const files = (voice: FileRecord['state']) => new Map<string, FileRecord>([['p', { id: 'p', owner: 'me', state: 'received' }], ['v', { id: 'v', owner: 'me', state: voice }]])
    expect(asSent(item, files('received')).body).toEqual({ id: '1', voice_id: 'v', file_ids: ['p'] })
    expect(asSent(item, files('refused')).body).toEqual({ id: '1', voice_id: null, file_ids: ['p'] })
  })
})

describe('rules in words', () => {
  it('says what a rule gives and what it allows at most', () => {
    expect(ruleWords(clean)).toBe('每次 5 分，每月最多 20 分')
    expect(ruleWords(help)).toBe('每次 5–10 分')
    expect(ruleWords({ points: [0, 0], cap: null, per: 'event' })).toBe('')
  })

  it('offers every number of a short range and both ends of a long one', () => {
    expect(choicesIn([5, 5])).toEqual([5])
    expect(choicesIn([5, 10])).toEqual([5, 6, 7, 8, 9, 10])
    expect(choicesIn([10, 20])).toEqual([10, 13, 15, 18, 20])
  })

  it('says until when as people do', () => {
    expect([at('2026-11-10T20:00'), at('2026-11-11T09:05'), at('2026-11-16T18:00')].map((one) => untilWords(one, NOW))).toEqual(['今天 20:00 前', '明天 9:05 前', '11月16日 18:00 前'])
    expect(untilWords(null, NOW)).toBe('')
    expect([0, 1, 2, 9].map((days) => agoWords(days, NOW))).toEqual(['今天', '昨天', '前天', '11月1日'])
    expect(dateAgo(10, NOW)).toBe('2026-10-31')
  })

  it('tells how a panel voted, and why not', () => {
    const vote = (is_yes: boolean, reason = '') => ({ is_yes, reason })
    expect(votesWords([vote(true), vote(true)])).toBe('2 人都同意')
    expect(votesWords([vote(true), vote(false, '分给多了'), vote(false, '分给多了')])).toBe('1 人同意，2 人不同意（分给多了）')
  })

  it('tells what comes next in the order of the rule', () => {
    expect(aheadOf(KIND).map((stop) => stop.id)).toEqual(['checking', 'judging', 'published'])
    expect(aheadOf({ ...KIND, trial_days: 90, trial_looks: 2, gives: 'star' }).map((stop) => stop.what)).toEqual(['先看一遍', '看 90 天', '评议会评一评', '贴出来 3 天'])
  })
})

describe('the line of a deed', () => {
  it('has what was, what is now and what comes, and never two nows', () => {
    const seen = followed({ stage: 'judging', due_at: at('2026-11-12T18:00'), timeline: [step('2026-11-02T09:00', 'declared', { way: 'neighbour' }), step('2026-11-03T09:00', 'checked', { is_fine: true }), step('2026-11-03T09:00', 'panel_drawn', { drawn: 3, candidates: 7 })] })
    const stops = lineOf(seen, KIND, NOW)
    expect(stops.map((stop) => stop.state)).toEqual(['on', 'on', 'on', 'now', 'next'])
    expect(stops[0]!.what).toBe('邻居报上来的')
    expect(stops[3]).toMatchObject({ what: '评议员正在评', facts: ['11月12日 18:00 前'] })
    expect(lineSaid(stops)).toBe('抽了 3 位评议员。现在评议员正在评。')
  })

  it('ends with the reason when it was turned down, and shows nothing ahead', () => {
    const stops = lineOf(followed({ stage: 'refused', timeline: [step('2026-11-02T09:00', 'declared', { way: 'villager' }), step('2026-11-03T09:00', 'checked', { is_fine: false, reason: '看不清' }), step('2026-11-03T09:00', 'refused', { reason: '看不清' })] }), KIND, NOW)
    expect(stops.map((stop) => [stop.state, stop.what, stop.facts])).toEqual([['on', '自家报上来的', []], ['no', '这次没通过', ['看不清']]])
  })

  it('shows an objection as a part of the publication', () => {
    const stops = lineOf(followed({ stage: 'objected', timeline: [step('2026-11-09T09:00', 'objected', { reason: '分给多了' })] }), KIND, NOW)
    expect(stops.map((stop) => stop.what)).toEqual(['有人提了意见', '有人提了意见，正在重新看'])
  })

  it('says both numbers where a cap has cut', () => {
    const gained = (detail: Record<string, unknown>) => lineOf(followed({ stage: 'in_force', timeline: [step('2026-11-09T09:00', 'in_force', detail)] }), KIND, NOW)[0]!.what
    expect(gained({ claimed: 10, given: 10, until: '' })).toBe('记上 10 分')
    expect(gained({ claimed: 10, given: 4, until: '' })).toBe('评了 10 分，到上限了，记 4 分')
    expect(gained({ claimed: 0, given: 0, until: '2027-11-09' })).toBe('称号有了，到 2027.11.09')
  })

  it('has words for every step that the server knows, and skips what it does not', () => {
    const steps = ['declared', 'check_late', 'trial_began', 'looked_in', 'trial_short', 'panel_drawn', 'seat_replaced', 'panel_short', 'judged', 'published', 'objected', 'answer_late', 'answered', 'in_force', 'refused', 'withdrawn', 'declined']
    const stops = lineOf(followed({ stage: 'declined', timeline: [...steps, 'something_new'].map((name) => step('2026-11-09T09:00', name, { days: 90, looks: 2, missing: 1, drawn: 3, candidates: 7, until: at('2026-11-12T09:00') })) }), null, NOW)
    expect(stops).toHaveLength(steps.length)
    for (const stop of stops) expect(`${stop.what}${stop.facts.join()}`).not.toMatch(/undefined|null|NaN/)
  })
})

describe('points in words', () => {
  const entry: Entry = { transfer_id: 't', at: at('2026-11-09T09:00'), counted_on: '2026-11-02', kind: 'award', what: '清洁家园', points: 15, claimed: 20, cut_by: 'clean_up', cut_words: '这一类每季最多 15 分', balance: 126 }
  const why: Why = { ...entry, household_id: 'h', rule: 'deed.clean_up', rule_version: 'abcdef1234567890', rule_points: [5, 20], rule_cap: 15, rule_per: 'quarter', caps_version: '', subject: 'appraisal', subject_id: 'a', original_id: null, reversed_by_id: null, reason: null }

  it('shows more, less and nothing by their signs', () => {
    expect([10, -20, 0].map(signed)).toEqual(['+10', '−20', '0'])
    expect([10, -5, 0].map(movedWords)).toEqual(['这个月多了 10 分', '这个月少了 5 分', '这个月还没有变'])
    expect(['month', 'quarter', 'year', '?'].map(scoreWords)).toEqual(['这个月评的', '这一季评的', '今年评的', '这一期评的'])
  })

  it('says what was claimed where a cap has cut', () => {
    expect(entryWords(entry)).toBe('报了 20 分，这一类每季最多 15 分')
    expect(entryWords({ ...entry, cut_words: '' })).toBe('11月2日做的')
    expect(entryWords({ ...entry, kind: 'reversal' })).toContain('改过来')
    expect(doubtWords(entry, '多了')).toBe('积分里 11月2日 “清洁家园” +15 分，觉得不对：多了')
  })

  it('reads both numbers aloud and tells them apart', () => {
    const points: Points = { household_id: 'h', balance: 126, score: 84, score_per: 'quarter', score_from: '2026-10-01', moved_this_month: 10, entries: [entry], next: null }
    expect(pointsSaid(points)).toBe('您家能换东西的积分是126分。这一季评的是84分。换东西花的是前一个，评文明户看后一个。最近一笔是清洁家园，加了15分。')
    expect(pointsSaid({ ...points, entries: [] })).not.toContain('最近')
  })

  it('opens an entry into reported, judged, posted, counted', () => {
    const seen = followed({
      stage: 'in_force', way: 'neighbour', published_at: at('2026-11-05T09:00'), publish_until: at('2026-11-08T09:00'),
      timeline: [step('2026-11-04T09:00', 'judged', { yes: 2, no: 1 }), step('2026-11-05T09:00', 'judged', { yes: 3, no: 0, is_review: true }), step('2026-11-05T10:00', 'answered', { is_upheld: false })],
    })
    expect(storyOf(why, seen).map((stop) => stop.what)).toEqual(['11月2日 邻居替您家报的', '11月5日 评议 3 人，3 人同意', '11月5日起公示 3 天，有人提了意见，查过了，结果不变', '11月9日 加 15 分'])
    const longer = followed({ ...seen, published_at: at('2026-11-05T09:00'), publish_until: at('2026-11-09T23:59') })
    expect(storyOf(why, longer)[2]!.what).toContain('起公示 3 天（最后一天放假，顺延了），')
    expect(aheadOf(KIND).at(-1)).toMatchObject({ what: '贴出来 3 天', when: '大家没意见，才加分；最后一天放假就顺延' })
    expect(storyOf(why, seen).at(-1)!.facts.join()).toBe('报了 20 分，这一类每季最多 15 分。按评的那时候的办法算，以后改了办法也不变')
    expect(storyOf(why, seen)[1]!.facts.join()).toBe('对照：清洁家园，每次 5–20 分，每季最多 15 分')
  })

  it('stands on its own where the deed may not be seen, and names what was put right', () => {
    const stops = storyOf({ ...why, kind: 'deduction', points: -3, cut_words: '', rule_points: null, reversed_by_id: 'r' }, null)
    expect(stops.map((stop) => [stop.state, stop.what])).toEqual([['on', '11月9日 扣 3 分'], ['no', '这一笔后来改正了']])
    expect(storyOf({ ...why, kind: 'reversal', points: -5, reason: '记重了' }, null)[0]!.what).toBe('11月9日 改正 −5 分：记重了')
  })
})
