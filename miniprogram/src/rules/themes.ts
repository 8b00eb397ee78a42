/** The six classes of appeals in the words people use at the door. */
import type { Schema } from '@/api/types'

export type Theme = Schema<'Theme'>

export const THEMES: { key: Theme; words: string; official: string; icon: string }[] = [
  { key: 'livelihood', words: '身体生活', official: '基础民生', icon: 'heartbeat' },
  { key: 'personal', words: '难处诉求', official: '个人诉求', icon: 'chat-circle-text' },
  { key: 'surroundings', words: '房前屋后', official: '人居环境', icon: 'house-line' },
  { key: 'business', words: '开店办事', official: '营商环境', icon: 'storefront' },
  { key: 'governance', words: '邻里和气', official: '基层治理', icon: 'handshake' },
  { key: 'revival', words: '种地挣钱', official: '乡村振兴', icon: 'plant' },
]

export function themeWords(keys: readonly Theme[]): string {
  return THEMES.filter((one) => keys.includes(one.key)).map((one) => one.words).join('、')
}
