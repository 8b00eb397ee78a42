/** The names of the pages that this client has. */
import pages from '@/pages.json'

export const PAGES: ReadonlySet<string> = new Set(pages.pages.map((one) => one.path.split('/')[1]!))
