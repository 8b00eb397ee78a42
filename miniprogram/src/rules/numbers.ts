/** Figures in words: a share is told only when there is enough to reckon with. */
export const TOO_FEW = '太少，不算'

/** 87 %, or that there are too few to say. */
export function shareWords(part: number, whole: number, least: number): string {
  return whole < least ? TOO_FEW : `${Math.floor((100 * part) / whole)}%`
}

/** The share for a bar; nothing is drawn over too few. */
export function share(part: number, whole: number, least: number): number | null {
  return whole < least ? null : Math.floor((100 * part) / whole)
}

export interface PlaceRow { area: string; name: string; visits_total: number; visits_done: number; open: number; late: number }

/** Which of two places needs a hand first: more that is late, then more doors not seen; a kindness, no league. */
export function byNeed(places: PlaceRow[]): PlaceRow[] {
  return [...places].sort((a, b) => b.late - a.late || b.visits_total - b.visits_done - (a.visits_total - a.visits_done) || a.name.localeCompare(b.name, 'zh-CN'))
}

/** What a place has to say for itself in one line. */
export function placeWords(one: PlaceRow): string {
  const visits = one.visits_total ? `去过 ${one.visits_done} / ${one.visits_total} 户` : '这个月没有要走的户'
  const matters = one.open ? `没办完 ${one.open} 件${one.late ? `，过点 ${one.late} 件` : ''}` : '事都办完了'
  return `${visits} · ${matters}`
}
