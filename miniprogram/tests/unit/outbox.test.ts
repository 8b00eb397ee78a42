import { describe, expect, it } from 'vitest'
import { asSent, faceOf, isForgotten, MOST_BYTES, MOST_ITEMS, nextBatch, pause, settledBy, type FileRecord, type Item } from '@/rules/outbox'

const item = (id: string, more: Partial<Item> = {}): Item => ({ id, owner: 'me', kind: 'visit', title: '', household: null, body: {}, files: [], madeAt: Number(id), state: 'queued', ...more })
const file = (id: string, state: FileRecord['state']): [string, FileRecord] => [id, { id, owner: 'me', state }]

describe('the queue', () => {
  it('sends the oldest first and at most one batch', () => {
    const items = Array.from({ length: MOST_ITEMS + 5 }, (_, place) => item(String(100 - place)))
    const batch = nextBatch(items, new Map())
    expect(batch).toHaveLength(MOST_ITEMS)
    expect(batch.map((one) => one.madeAt)).toEqual([...batch.map((one) => one.madeAt)].sort((a, b) => a - b))
  })

  it('keeps an item back until its pictures have arrived or been refused', () => {
    const waiting = item('1', { kind: 'case', files: ['a', 'b'] })
    expect(nextBatch([waiting], new Map([file('a', 'received'), file('b', 'queued')]))).toEqual([])
    expect(nextBatch([waiting], new Map([file('a', 'received'), file('b', 'refused')]))).toEqual([waiting])
  })

  it('lets a visit go ahead of its pictures, and sends the same each time', () => {
    const visit = item('1', { files: ['a', 'b'], body: { note: '好' } })
    expect(nextBatch([visit], new Map([file('a', 'queued'), file('b', 'queued')]))).toEqual([visit])
    for (const state of ['queued', 'received', 'refused'] as const) expect(asSent(visit, new Map([file('a', state)])).body).toEqual({ id: '1', note: '好', file_ids: ['a', 'b'] })
  })

  it('never grows a batch over what the server takes, and never starves an item', () => {
    const long = (id: string) => item(id, { body: { note: '长'.repeat(MOST_BYTES / 6) } })
    const batch = nextBatch([long('1'), long('2'), long('3')], new Map())
    expect(batch.map((one) => one.id)).toEqual(['1'])
  })

  it('leaves out what was settled before', () => {
    expect(nextBatch([item('1', { state: 'received' }), item('2', { state: 'conflict' }), item('3', { state: 'waiting' })], new Map())).toEqual([])
  })

  it('names only pictures that arrived, in the visit and in its share', () => {
    const sent = asSent(item('1', { kind: 'appraisal', files: ['a', 'b'], body: { share: { words: '好', file_ids: ['a', 'b'] } } }), new Map([file('a', 'received'), file('b', 'refused')]))
    expect(sent.body).toEqual({ id: '1', file_ids: ['a'], share: { words: '好', file_ids: ['a'] } })
  })

  it('leaves a picture that was refused out of a form, and keeps the rest', () => {
    const body = { kind: 'whistle', form: { text: '坏了', voice: 'v', photos: ['a', 'b'], place: '门前' } }
    const files = new Map([file('v', 'refused'), file('a', 'received'), file('b', 'refused')])
    expect(asSent(item('1', { kind: 'case', files: ['v', 'a', 'b'], body }), files).body).toEqual({ id: '1', kind: 'whistle', form: { text: '坏了', photos: ['a'], place: '门前' } })
    expect(asSent(item('2', { kind: 'case_move', body: { case_id: 'c', move: 'accept', form: {} } }), new Map()).body).toEqual({ id: '2', case_id: 'c', move: 'accept', form: {} })
  })

  it('shows one of three faces whatever happens', () => {
    expect(faceOf('queued')).toBe('waiting')
    for (const state of ['received', 'waiting', 'conflict'] as const) expect(faceOf(settledBy(item('1'), { id: '1', state, message: null, code: null }, 5).state)).toBe(state)
    expect(settledBy(item('1'), { id: '1', state: 'something new', message: '说明', code: null }, 5)).toMatchObject({ state: 'conflict', says: '说明' })
  })

  it('forgets only what was received long ago', () => {
    const later = 15 * 86_400_000
    expect(isForgotten(item('1', { state: 'received', settledAt: 0 }), later)).toBe(true)
    for (const state of ['queued', 'waiting', 'conflict'] as const) expect(isForgotten(item('1', { state, settledAt: 0 }), later)).toBe(false)
  })

  it('waits longer after each failure, and never more than a minute', () => {
    expect([1, 2, 3].map(pause)).toEqual([2000, 4000, 8000])
    expect(pause(100)).toBe(60_000)
  })
})
