import { describe, expect, it } from 'vitest'
import type { FileRecord, Item } from '@/rules/outbox'
import { filesWords, isListed, kindWords, sayings, visitOf } from '@/rules/receipts'

const item = (more: Partial<Item> = {}): Item => ({ id: '1', owner: 'me', kind: 'visit', title: '王桂兰家', household: null, body: {}, files: [], madeAt: 0, state: 'queued', ...more })
const files = (...known: Partial<FileRecord>[]) => new Map(known.map((one, place) => [String(place), { id: String(place), owner: 'me', state: 'queued', kind: 'picture', ...one } as FileRecord]))

describe('receipts', () => {
  it('counts voices and pictures, and says how far the one on its way is', () => {
    const both = item({ files: ['0', '1'] })
    expect(filesWords(item(), files())).toBe('')
    expect(filesWords(both, files({ kind: 'voice', state: 'received' }, { state: 'received' }))).toBe('录音 1 段、照片 1 张，都到了')
    expect(filesWords(both, files({ kind: 'voice', state: 'received' }, { sent: 50, size: 100 }))).toBe('录音 1 段、照片 1 张，到了 1 / 2，这一个传到百分之 50')
    expect(filesWords(both, files({ state: 'received' }, { state: 'refused' }))).toBe('照片 2 张，1 个没收下')
  })

  it('says that the words are safe while a picture is on its way, and the server has the last word', () => {
    const gone = item({ state: 'received', files: ['0'] })
    expect(sayings(gone, files({}))).toContain('您写的已经收到')
    expect(sayings(gone, files({ state: 'received' }))).toBe('送到了')
    expect(sayings(item(), files())).toBe('在手机里，有信号自己送')
    expect(sayings(item({ state: 'conflict', says: '扫的门牌码是另一户的' }), files())).toBe('扫的门牌码是另一户的')
  })

  it('lists everything but likes that have arrived', () => {
    expect(isListed(item({ kind: 'post_like', state: 'received' }))).toBe(false)
    expect(isListed(item({ kind: 'post_like' }))).toBe(true)
    expect(isListed(item({ state: 'received' }))).toBe(true)
  })

  it('has a word for kinds that came later, and knows which visit a word is about', () => {
    expect(kindWords('something new')).toBe('写下的')
    expect(visitOf(item({ body: { visit_id: 'v' } }))).toBe('v')
    expect(visitOf(item())).toBeNull()
  })
})
