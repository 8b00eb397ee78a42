/** The ridge under the clock as a picture: solid up to now, dotted ahead, a stop for each who is told on the way up. */
type Point = [x: number, y: number]

const WIDTH = 326
const HIGH = 100
const FOOT = 88
const TOP = 12
const INSET = 7

/** The way up: between two stops it rises, dips and rises again, as hills do. */
export function ridgeWay(count: number): Point[] {
  const way: Point[] = [[INSET, FOOT]]
  for (let place = 0; place < count; place++) {
    const [x, y] = way[way.length - 1]!
    const [dx, dy] = [INSET + ((WIDTH - 2 * INSET) * (place + 1)) / count - x, FOOT - ((FOOT - TOP) * (place + 1)) / count - y]
    way.push([x + dx * 0.29, y + dy * 0.45], [x + dx * 0.5, y + dy * 0.3], [x + dx, y + dy])
  }
  return way
}

/** The part of a way that lies behind a share of its width. */
export function walkedOf(way: Point[], share: number): Point[] {
  const [start, last] = [way[0]![0], way[way.length - 1]![0]]
  const end = start + (last - start) * share
  const after = way.findIndex(([x]) => x > end)
  if (after <= 0) return way
  const [[x, y], [u, v]] = [way[after - 1]!, way[after]!]
  return [...way.slice(0, after), [end, y + ((v - y) * (end - x)) / (u - x)]]
}

/** An address of the picture; `ground` is the colour it lies on. */
export function ridgePicture(count: number, share: number, ground: string): string {
  const way = ridgeWay(count)
  const behind = walkedOf(way, share)
  const [x, y] = behind[behind.length - 1]!
  const stops = way.filter((_, place) => place > 0 && place % 3 === 0)
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HIGH}" width="${WIDTH}" height="${HIGH}">`
    + `<g fill="none" stroke-linecap="round" stroke-linejoin="round"><path d="${pathOf(way)}" stroke="#fff" stroke-opacity=".6" stroke-width="3" stroke-dasharray="1 7"/>`
    + `<path d="${pathOf(behind)}" stroke="#fff" stroke-width="4"/></g><g fill="${ground}" stroke="#fff" stroke-width="2.5">`
    + stops.map(([at, up]) => `<circle cx="${round(at)}" cy="${round(up)}" r="5"/>`).join('')
    + `</g><circle cx="${round(x)}" cy="${round(y)}" r="7" fill="#F0C35A" stroke="${ground}" stroke-width="3"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(drawing)}`
}

const round = (number: number) => Math.round(number * 10) / 10
const pathOf = (way: Point[]) => `M${way.map(([x, y]) => `${round(x)} ${round(y)}`).join(' ')}`
