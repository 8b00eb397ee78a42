/** Times and greetings in the words of a neighbour; every time is Shanghai's, wherever the phone was bought. */
const MINUTE = 60_000
const SHANGHAI = 8 * 60 * MINUTE
const WEEKDAYS = '日一二三四五六'

export interface Day { year: number; month: number; day: number; hour: number; minute: number; weekday: number; number: number }

export function dayOf(at: number): Day {
  const there = new Date(at + SHANGHAI)
  return {
    year: there.getUTCFullYear(), month: there.getUTCMonth() + 1, day: there.getUTCDate(),
    hour: there.getUTCHours(), minute: there.getUTCMinutes(), weekday: there.getUTCDay(),
    number: Math.floor((at + SHANGHAI) / (1440 * MINUTE)),
  }
}

/** 早上好, 上午好 … as people say it. */
export function greeting(now: number): string {
  const { hour } = dayOf(now)
  if (hour < 5) return '夜深了'
  if (hour < 9) return '早上好'
  if (hour < 12) return '上午好'
  if (hour < 14) return '中午好'
  return hour < 18 ? '下午好' : '晚上好'
}

/** 11月23日 星期一. */
export function dateWords(now: number): string {
  const day = dayOf(now)
  return `${day.month}月${day.day}日 星期${WEEKDAYS[day.weekday]}`
}

/** 农历十月十五, where the phone knows the calendar; otherwise nothing. */
export function lunarWords(now: number): string {
  if (typeof Intl === 'undefined' || !Intl.DateTimeFormat) return ''
  const parts = new Intl.DateTimeFormat('zh-u-ca-chinese', { month: 'long', day: 'numeric', timeZone: 'Asia/Shanghai' }).formatToParts(now)
  const month = parts.find((part) => part.type === 'month')?.value ?? ''
  const day = Number(parts.find((part) => part.type === 'day')?.value)
  return month && day ? `农历${month}${lunarDay(day)}` : ''
}

function lunarDay(day: number): string {
  const digits = '一二三四五六七八九十'
  if (day <= 10) return `初${digits[day - 1]}`
  if (day < 20) return `十${digits[day - 11]}`
  if (day === 20) return '二十'
  return day === 30 ? '三十' : `廿${digits[day - 21]}`
}

/** 今天 9:10, 昨天 16:40, 11月3日, 2025年11月3日. */
export function whenWords(moment: string | number, now: number): string {
  const at = typeof moment === 'number' ? moment : Date.parse(moment)
  const [then, today] = [dayOf(at), dayOf(now)]
  const clock = `${then.hour}:${String(then.minute).padStart(2, '0')}`
  if (then.number === today.number) return `今天 ${clock}`
  if (then.number === today.number - 1) return `昨天 ${clock}`
  const date = `${then.month}月${then.day}日`
  return then.year === today.year ? date : `${then.year}年${date}`
}

/** A moment before more words: a gap after 今天 7:13, none after 11月3日. */
export function gapAfter(words: string): string {
  return words.includes(':') ? `${words} ` : words
}

/** 11月3日 from 2026-11-03. */
export function dayWords(day: string): string {
  const [, month, date] = day.split('-').map(Number)
  return `${month}月${date}日`
}

export function daysLeftInMonth(now: number): number {
  const today = dayOf(now)
  return new Date(Date.UTC(today.year, today.month, 0)).getUTCDate() - today.day
}

/** The first letter of a name, for the quiet disc; and always the same colour for the same name. */
export function discOf(name: string): { letter: string; colour: string } {
  const sum = Array.from(name).reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0)
  return { letter: name.slice(0, 1) || '·', colour: `a${sum % 6}` }
}

const DIGITS = '零一二三四五六七八九'

/** A number as it is said aloud: 11 → 十一. */
export function said(number: number): string {
  if (number < 0 || number > 99 || !Number.isInteger(number)) return String(number)
  if (number < 10) return DIGITS[number]!
  const [tens, ones] = [Math.floor(number / 10), number % 10]
  return `${tens > 1 ? DIGITS[tens] : ''}十${ones ? DIGITS[ones] : ''}`
}
