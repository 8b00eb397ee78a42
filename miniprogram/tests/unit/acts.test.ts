import { describe, expect, it } from 'vitest'
import { actsOn, actsOnDeeds, isUnderWay, openBallots, underWay } from '@/rules/acts'
import type { Item } from '@/rules/outbox'
import { isOnlyTold, kindWords } from '@/rules/receipts'
import { withOneMore } from '@/rules/voice'

const item = (kind: string, body: Record<string, unknown>, more: Partial<Item> = {}): Item => ({ id: kind, owner: 'me', kind, title: '', household: null, body, files: [], madeAt: 1, state: 'queued', ...more })

describe('acts without a signal', () => {
  it('knows what was done about a matter, and what is still on its way', () => {
    const all = [item('case_urge', { case_id: 'a' }), item('case_extend', { case_id: 'a' }, { state: 'conflict' }), item('case_move', { case_id: 'b' }), item('visit', { case_id: 'a' })]
    const acts = actsOn(all, 'a')
    expect(acts.map((one) => one.kind)).toEqual(['case_urge', 'case_extend'])
    expect(['case_urge', 'case_extend', 'case_move'].map((kind) => isUnderWay(acts, kind))).toEqual([true, false, false])
  })

  it('closes a ballot as soon as it was answered here, for this round only, and opens it again when it was not taken', () => {
    const votes = [{ id: 'a', round: 1 }, { id: 'b', round: 2 }]
    const vote = (round: number, state: Item['state']) => item('appraisal_vote', { appraisal_id: 'b', round }, { state })
    expect(openBallots(votes, [vote(2, 'queued')])).toEqual([votes[0]])
    expect(openBallots(votes, [vote(2, 'received')])).toEqual([votes[0]])
    expect(openBallots(votes, [vote(2, 'conflict')])).toEqual(votes)
    expect(openBallots(votes, [vote(1, 'received')])).toEqual(votes)
    expect(openBallots(votes, [item('appraisal_aside', { appraisal_id: 'a', round: 1 })])).toEqual([votes[1]])
  })

  it('takes a look off the list only while it is on its way: another day one looks again', () => {
    const look = (state: Item['state']) => underWay([item('appraisal_look', { appraisal_id: 'a' }, { state })], 'appraisal_look')
    expect([look('queued').has('a'), look('waiting').has('a'), look('received').has('a'), look('conflict').has('a')]).toEqual([true, true, false, false])
  })

  it('shows what was said about a deed until it has arrived, and whatever came too late', () => {
    const all = [item('appraisal_object', { appraisal_id: 'a' }), item('appraisal_decline', { appraisal_id: 'b' }, { state: 'conflict' }), item('appraisal_withdraw', { appraisal_id: 'a' }, { state: 'received' }), item('appraisal_vote', { appraisal_id: 'a' })]
    expect(actsOnDeeds(all).map((one) => one.kind)).toEqual(['appraisal_object', 'appraisal_decline'])
    expect(actsOnDeeds(all, 'b').map((one) => one.kind)).toEqual(['appraisal_decline'])
    expect(underWay(all, 'appraisal_object').has('a')).toBe(true)
  })

  it('has a word for each, and asks for no decision where there is none', () => {
    const kinds = ['case_urge', 'case_extend', 'appraisal_vote', 'appraisal_aside', 'appraisal_check', 'appraisal_look', 'appraisal_answer', 'appraisal_object', 'appraisal_withdraw', 'appraisal_decline']
    expect(new Set(kinds.map(kindWords)).size).toBe(kinds.length)
    expect(kinds.map(kindWords)).not.toContain('写下的')
    expect(kinds.every((kind) => isOnlyTold(item(kind, {})))).toBe(true)
    expect(['visit', 'case', 'appraisal', 'comment'].some((kind) => isOnlyTold(item(kind, {})))).toBe(false)
  })
})

describe('recordings', () => {
  it('adds one while there is room; then it takes the place of the last', () => {
    expect(withOneMore([], 'a', 3)).toEqual({ voices: ['a'], gone: null })
    expect(withOneMore(['a', 'b'], 'c', 3)).toEqual({ voices: ['a', 'b', 'c'], gone: null })
    expect(withOneMore(['a', 'b', 'c'], 'd', 3)).toEqual({ voices: ['a', 'b', 'd'], gone: 'c' })
    expect(withOneMore(['a'], 'b', 1)).toEqual({ voices: ['b'], gone: 'a' })
    expect(withOneMore(['a'], 'a', 1)).toEqual({ voices: ['a'], gone: null })
  })
})
