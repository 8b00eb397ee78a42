/** How one comes in: a code of WeChat's in exchange for a session, and where to fetch that code. */
import { isH5 } from './where'

/** What the server says about coming in through a browser. */
export interface Entry { sign_in: string | null; phone_number: string | null; subscribe: string | null; mini_program: string }

/** The code that WeChat's page put into the address; it is taken out at once, so that it is neither used twice nor kept in a bookmark. */
export function codeInAddress(name: 'code' | 'phone_code' | 'subscribed'): string | null {
  if (!isH5) return null
  const here = new URL(window.location.href)
  const code = here.searchParams.get(name)
  if (code) {
    here.searchParams.delete(name)
    window.history.replaceState(window.history.state, '', here)
  }
  return code
}

/** The mini-program's own code. */
export function codeOfWeChat(): Promise<string> {
  return new Promise((done, failed) => {
    uni.login({ provider: 'weixin', success: (got) => done(got.code), fail: () => failed(new Error('no code')) })
  })
}

/** How this browser comes in. */
export async function entry(): Promise<Entry> {
  const answer = await fetch('entry.json')
  if (!answer.ok) throw new Error('no entry')
  return (await answer.json()) as Entry
}

/** Leave for WeChat's page, to come back to this page of ours with a code. */
export function leaveFor(page: string, back: string): void {
  const home = `${window.location.origin}${window.location.pathname}#/${back}`
  window.location.href = `${page}${page.includes('?') ? '&' : '?'}redirect_uri=${encodeURIComponent(home)}`
}
