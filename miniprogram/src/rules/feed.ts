/** Life in the feed without a phone: what a post and a comment say of themselves, and what a tap makes of a like. */
import type { Schema } from '@/api/types'

export type Post = Schema<'PostShape'>
export type Comment = Schema<'CommentShape'>
export type Waiting = Schema<'WaitingForEye'>

/** The village says how long a comment may be; this is what a phone lets one write. */
export const COMMENT_LETTERS = 200

const OF_POST: Record<string, string> = {
  checking: '在看照片和字，过一会儿别人就能看到',
  held: '村干部看一眼再放出来',
  hidden: '收起来了，别人看不到',
}
const OF_COMMENT: Record<string, string> = {
  checking: '在看一眼，过一会儿别人就能看到',
  held: '村干部看一眼再放出来',
  hidden: '收起来了，别人看不到',
}
const OF_WAITING: Record<string, string> = {
  checking: '还在检查，别人看不到',
  held: '先收着，别人看不到',
  shown: '现在别人还看得到',
  hidden: '收起来了，别人看不到',
}

/** What its author reads about a post that others do not see; nothing about one that they do. */
export function postState(post: Pick<Post, 'is_mine' | 'state'>): string {
  return post.is_mine ? (OF_POST[post.state] ?? '') : ''
}

export function commentState(said: Pick<Comment, 'is_mine' | 'state'>): string {
  return said.is_mine ? (OF_COMMENT[said.state] ?? '') : ''
}

export function waitingState(one: Pick<Waiting, 'state'>): string {
  return OF_WAITING[one.state] ?? ''
}

/** Why it waits for an eye: what people reported, or that the check was not sure. */
export function whyWaiting(one: Pick<Waiting, 'reports' | 'reasons'>): string {
  if (!one.reports) return '内容检查拿不准，请您看一眼'
  return `${one.reports} 户人家说：${one.reasons.map((reason) => (reason.count > 1 ? `${reason.words}（${reason.count}）` : reason.words)).join('、')}`
}

/** The post after one's own tap, before the server has said so. */
export function liked(post: Post, likes: boolean): Post {
  if (post.is_liked === likes) return post
  return { ...post, is_liked: likes, like_count: Math.max(0, post.like_count + (likes ? 1 : -1)) }
}
