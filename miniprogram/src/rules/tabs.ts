/** Which pages stand in the bar at the bottom, by part and view. */
import type { Part } from './access'

export type TabKey = 'home' | 'matters' | 'queue' | 'zone' | 'feed' | 'inbox' | 'me'
export interface Tab { key: TabKey; words: string; icon: string; on: string; page: string }

const TABS: Record<TabKey, Tab> = {
  home: { key: 'home', words: '首页', icon: 'house-line', on: 'house-line-fill', page: 'home' },
  matters: { key: 'matters', words: '我的事', icon: 'list-checks', on: 'list-checks-fill', page: 'matters' },
  queue: { key: 'queue', words: '要办的', icon: 'list-checks', on: 'list-checks-fill', page: 'queue' },
  zone: { key: 'zone', words: '我联的户', icon: 'users-three', on: 'users-three-fill', page: 'zone' },
  feed: { key: 'feed', words: '晒走访', icon: 'images', on: 'images-fill', page: 'feed' },
  inbox: { key: 'inbox', words: '消息', icon: 'bell', on: 'bell-fill', page: 'inbox' },
  me: { key: 'me', words: '我的', icon: 'user', on: 'user-fill', page: 'me' },
}

const NORMAL: Record<Part, TabKey[]> = {
  guest: ['home', 'me'],
  villager: ['home', 'matters', 'feed', 'inbox', 'me'],
  member: ['home', 'zone', 'feed', 'inbox', 'me'],
  cadre: ['home', 'queue', 'feed', 'inbox', 'me'],
}
const ELDER: Record<Part, TabKey[]> = {
  guest: ['home', 'me'],
  villager: ['home', 'inbox', 'me'],
  member: ['home', 'zone', 'me'],
  cadre: ['home', 'inbox', 'me'],
}

/** The tab under which a page stands for this part; none when it is reached from elsewhere and has a way back instead. */
export function tabHere(key: TabKey, part: Part, isElder: boolean): TabKey | undefined {
  return (isElder ? ELDER : NORMAL)[part].find((one) => one === key)
}

export function tabsOf(part: Part, isElder: boolean): Tab[] {
  return (isElder ? ELDER : NORMAL)[part].map((key) => TABS[key])
}
