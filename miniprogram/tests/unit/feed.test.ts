import { describe, expect, it } from 'vitest'
import { commentState, liked, postState, waitingState, whyWaiting, type Post } from '@/rules/feed'

const post = (more: Partial<Post> = {}): Post => ({ id: 'p', author: '赵建国', place: '山口村', words: '', posted_at: '', state: 'shown', file_ids: [], is_mine: false, like_count: 1, comment_count: 0, is_liked: false, ...more }) as Post

describe('the feed', () => {
  it('counts one like of one person, however often it is tapped', () => {
    const once = liked(post(), true)
    expect(once).toMatchObject({ is_liked: true, like_count: 2 })
    expect(liked(once, true)).toBe(once)
    expect(liked(once, false)).toMatchObject({ is_liked: false, like_count: 1 })
    expect(liked(post({ is_liked: true, like_count: 0 }), false).like_count).toBe(0)
  })

  it('tells only the author that others do not see it yet', () => {
    for (const state of ['checking', 'held', 'hidden'] as const) {
      expect(postState(post({ state, is_mine: true }))).not.toBe('')
      expect(postState(post({ state }))).toBe('')
      expect(commentState({ state, is_mine: true })).not.toBe('')
      expect(commentState({ state, is_mine: false })).toBe('')
    }
    expect(postState(post({ is_mine: true }))).toBe('')
  })

  it('says why something waits for an eye, and whether others see it', () => {
    expect(whyWaiting({ reports: 0, reasons: [] })).toBe('内容检查拿不准，请您看一眼')
    expect(whyWaiting({ reports: 3, reasons: [{ code: 'rude', words: '话不好听', count: 2 }, { code: 'untrue', words: '和实际不一样', count: 1 }] })).toBe('3 户人家说：话不好听（2）、和实际不一样')
    expect(waitingState({ state: 'shown' })).toContain('还看得到')
    expect(waitingState({ state: 'held' })).toContain('看不到')
  })
})
