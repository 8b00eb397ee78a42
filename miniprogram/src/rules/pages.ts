/** Going from page to page. */
export function go(page: string, query: Record<string, string | undefined> = {}): void {
  uni.navigateTo({ url: urlOf(page, query) })
}

/** Instead of this page, so that going back does not lead here again. */
export function goInstead(page: string, query: Record<string, string | undefined> = {}): void {
  uni.redirectTo({ url: urlOf(page, query) })
}

export function goTab(page: string): void {
  uni.reLaunch({ url: urlOf(page) })
}

/** Back, or home when this page was opened by a link. */
export function goBack(): void {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else goTab('home')
}

export function urlOf(page: string, query: Record<string, string | undefined> = {}): string {
  const words = Object.entries(query).filter(([, value]) => value).map(([key, value]) => `${key}=${encodeURIComponent(value!)}`)
  return `/pages/${page}/index${words.length ? `?${words.join('&')}` : ''}`
}

/** A page named by a message, when this client has it. */
export function pageOf(path: string): string | null {
  const found = /^\/?pages\/([a-z-]+)\/index/.exec(path)
  return found ? `/${path.replace(/^\//, '')}` : null
}
