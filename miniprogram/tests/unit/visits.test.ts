import { describe, expect, it } from 'vitest'
import type { Item } from '@/rules/outbox'
import { asNote, keptAbout, proofWords, storyWords, toldTitle, toldWords } from '@/rules/visits'

const item = (more: Partial<Item> = {}): Item => ({ id: '1', owner: 'me', kind: 'visit_correction', title: '', household: null, body: { visit_id: 'v' }, files: [], madeAt: 0, state: 'conflict', ...more })
const told = { kind: 'note' as const, at: '', by_name: '赵建国', words: '灯泡换好了', story: null, first_story: null }

describe('one visit', () => {
  it('is told in one breath', () => {
    expect(storyWords({ themes: ['livelihood', 'surroundings'], note: '水管漏', problems: ['没路灯'] })).toBe('身体生活、房前屋后。水管漏。没路灯')
    expect(storyWords({ themes: [], note: '', problems: [] })).toBe('')
  })

  it('names who said what afterwards', () => {
    expect([toldTitle(told), toldWords(told)]).toEqual(['赵建国补了一条', '灯泡换好了'])
    const empty = { ...told, kind: 'correct' as const, by_name: '', words: '', story: { themes: [], note: '', problems: [] } }
    expect([toldTitle(empty), toldWords(empty)]).toEqual(['村里改了一次', '什么也没写'])
  })

  it('turns a correction that came too late into a note that is still welcome', () => {
    expect(asNote(item({ body: { themes: ['revival'], note: '要树苗', problems: [] } }))).toBe('应该是：种地挣钱。要树苗')
    expect(asNote(item({ kind: 'visit_void', body: { reason: '记错了户' } }))).toBe('这次应该作废：记错了户')
    expect(asNote(item({ body: {} }))).toBe('')
    expect(asNote(item({ kind: 'visit' }))).toBe('')
  })

  it('shows what this phone has said about it and the server has not taken', () => {
    const items = [item({ id: 'a' }), item({ id: 'b', state: 'received' }), item({ id: 'c', body: { visit_id: 'other' } }), item({ id: 'd', kind: 'visit_tap' })]
    expect(keptAbout(items, 'v').map((one) => one.id)).toEqual(['a'])
  })
})

describe('how sure a visit is', () => {
  it('is said to the household as to those who decide it', () => {
    expect([proofWords('one_sided', false), proofWords('one_sided', true), proofWords('scanned', true)]).toEqual(['等这家说一声', '等您说一声', '扫过门牌'])
  })
})
