/** Brings the sentence that says what is missing onto the screen: behind the bar at the bottom nobody sees it. */
import { nextTick } from 'vue'

const ABOVE = 200 // px that stay over it: the question that it belongs to
let fault = '.bad-words'
// #ifdef MP-WEIXIN
fault = `.app >>> ${fault}`
// #endif

export async function showFault(): Promise<void> {
  await nextTick()
  const query = uni.createSelectorQuery()
  query.select(fault).boundingClientRect()
  query.selectViewport().scrollOffset(() => undefined)
  query.exec(([rect, view]: [{ top: number } | null, { scrollTop: number }]) => {
    if (rect) void uni.pageScrollTo({ scrollTop: Math.max(0, rect.top + view.scrollTop - ABOVE), duration: 0 })
  })
}
