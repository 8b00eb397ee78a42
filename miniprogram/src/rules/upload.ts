/** How a file goes up from the hills: in parts that take some seconds each, so that little is lost when the signal goes. */
export const SMALL = 64 * 1024
const LEAST = 16 * 1024
const MOST = 512 * 1024
const QUICK = 1500
const SLOW = 8000

/** Whether it goes as a whole: small enough that parts would only cost time. */
export function goesWhole(size: number): boolean {
  return size <= SMALL
}

/** The length of the next part: twice as long after a quick one, half as long after a slow one. */
export function nextLength(length: number, took: number): number {
  if (took < QUICK) return Math.min(MOST, length * 2)
  return took > SLOW ? Math.max(LEAST, Math.floor(length / 2)) : length
}

/** What is known of a file that is on its way: how much has been answered for. */
export interface OnItsWay { sent?: number; size?: number }

/** How far a file is, in whole percent; nothing while it has not begun. */
export function percentOf(file: OnItsWay): number | null {
  return file.sent && file.size ? Math.min(99, Math.floor((100 * file.sent) / file.size)) : null
}
