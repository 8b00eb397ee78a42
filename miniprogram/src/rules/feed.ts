/** Life in the feed without a phone: what a post and a comment say of themselves, and what a tap makes of a like. */
import type { Schema } from '@/api/types'

export type Post = Schema<'PostShape'>
export type Comment = Schema<'CommentShape'>
export type Waiting = Schema<'WaitingForEye'>
export type Reach = Schema<'Reach'>
type Month = Schema<'FeedMonthShape'>
type Carried = Schema<'MatterShape'>

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

const OF_MATTER: Record<Carried['standing'], { look: string; icon: string; words: string }> = {
  working: { look: 'doing', icon: 'whistle', words: '正在办' },
  solved: { look: 'done', icon: 'check-circle-fill', words: '解决了' },
}

/** How a matter stands that the visit carried: 吹了哨 · 正在办. */
export function matterChip(one: Carried): { look: string; icon: string; words: string } {
  const chip = OF_MATTER[one.standing]
  return { ...chip, words: `${one.words} · ${chip.words}` }
}

/** The places whose feed somebody can look at; his branch comes first, where the roll says one. */
export function tabsOf(hasBranch: boolean): { reach: Reach; words: string }[] {
  const places: { reach: Reach; words: string }[] = [{ reach: 'village', words: '全村' }, { reach: 'town', words: '全镇' }]
  return hasBranch ? [{ reach: 'branch', words: '我们支部' }, ...places] : places
}

/** The month in a sentence: who went where, how many doors still wait, what was solved. */
export function monthWords(reach: Reach, month: Month): string {
  if (!month.visited && !month.owed) return ''
  const where = { branch: '支部', village: '全村', town: '全镇' }[reach]
  if (!month.visited) return `本月${where}还没去走访，${month.owed} 户等着`
  const who = reach === 'branch' ? ` ${month.visitors} 名党员` : ''
  const left = month.owed ? `还差 ${month.owed} 户` : '一户不落'
  return `本月${where}${who}走访 ${month.visited} 户，${left}${month.solved ? `，帮着办成 ${month.solved} 件事` : ''}`
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
