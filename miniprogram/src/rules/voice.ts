/** Speaking instead of writing, in words: how long, why it does not work, and what one can do instead. */
import { said } from './words'

/** Why there is nothing to hear: no microphone here, not allowed, or somebody else is using it. */
export type Obstacle = 'missing' | 'refused' | 'busy'

/** So many recordings go with a report or a visit. */
export const MOST_VOICES = 3
export const MOST_SECONDS = 180
export const LEAST_SECONDS = 1

const WHY: Record<Obstacle, string> = {
  missing: '这部手机在这里录不了音。可以写下来。',
  refused: '话筒没有让用。要说话，请在手机设置里允许使用话筒；也可以写下来。',
  busy: '话筒正被占着，可能是在打电话。等一下再按，也可以写下来。',
}
export const TOO_SHORT = '太短了，没听清。按一下开始说，说完了再按一下。'
export const LONG_ENOUGH = '说满三分钟，先存好了。'

/** The recordings with one more; where there is no room, it takes the place of the last one, which then goes. */
export function withOneMore(voices: readonly string[], added: string, most: number): { voices: string[]; gone: string | null } {
  if (voices.includes(added)) return { voices: [...voices], gone: null }
  const isFull = voices.length >= most
  return { voices: [...(isFull ? voices.slice(0, -1) : voices), added], gone: isFull ? (voices.at(-1) ?? null) : null }
}

export function whyNot(obstacle: Obstacle): string {
  return WHY[obstacle]
}

/** 0:23, 2:05. */
export function lengthWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** The same for ears: 二十三秒, 两分零五秒. */
export function lengthSaid(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60]
  if (!minutes) return `${said(rest)}秒`
  const tail = rest === 0 ? '' : `${rest < 10 ? '零' : ''}${said(rest)}秒`
  return `${minutes === 2 ? '两' : said(minutes)}分${tail}${tail ? '' : '钟'}`
}
