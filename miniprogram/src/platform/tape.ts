/** What is being said, kept piece by piece while it is said, so that an app that dies in the middle of a sentence finds it again. */
import { filesOfWeChat, type Bytes } from './files'
import { shelf } from './shelf'
import { isH5 } from './where'

/** A second or so of sound: a piece of the browser's recording, or frames of WeChat's. */
export type Piece = Blob | ArrayBuffer
/** What an app that died had heard; `file` once it is kept as a file like any other. */
export interface Heard { seconds: number; bytes: Bytes | null; file?: string }
interface Head { count: number; seconds: number; path?: string; file?: string }
/** Where the pieces lie: each by itself in a browser, one after the other in a file of the mini-program. */
interface Reel {
  begin(): Partial<Head>
  append(key: string, head: Head, piece: Piece): Promise<void>
  whole(key: string, head: Head): Promise<Bytes | null>
  erase(key: string, head: Head): Promise<void>
}

const DRAWER = 'drafts'
const reel: Reel = isH5 ? onShelf() : inFile()

/** The tape of one place where one can speak; `place` names the form and the person. */
export function tapeOf(place: string) {
  const key = `tape.${place}`
  let head: Head = { count: 0, seconds: 0 }
  let work: Promise<void> = Promise.resolve()
  const next = (step: () => Promise<void>) => (work = work.then(step).catch(() => undefined)) // a full phone must not stop whoever speaks

  /** Speaking begins: an older tape of this place goes. */
  function begin(): void {
    next(wipe)
    next(async () => { head = { count: 0, seconds: 0, ...reel.begin() } })
  }

  function add(piece: Piece, seconds: number): void {
    next(async () => {
      await reel.append(key, head, piece)
      head = { ...head, count: head.count + 1, seconds }
      await shelf.put(DRAWER, key, head)
    })
  }

  async function wipe(): Promise<void> {
    const kept = await shelf.get<Head>(DRAWER, key)
    if (!kept) return
    await shelf.drop(DRAWER, key)
    if (!kept.file) await reel.erase(key, kept)
  }

  async function heard(): Promise<Heard | null> {
    const kept = await shelf.get<Head>(DRAWER, key)
    return kept && { seconds: kept.seconds, file: kept.file, bytes: kept.file ? null : await reel.whole(key, kept) }
  }

  /** It is kept as a file now, until the person has said what becomes of it. */
  async function become(file: string): Promise<void> {
    const kept = await shelf.get<Head>(DRAWER, key)
    if (!kept) return
    await shelf.put(DRAWER, key, { ...kept, file })
    if (!kept.path) await reel.erase(key, kept)
  }

  return { begin, add, heard, become, wipe: () => next(wipe) }
}

function onShelf(): Reel {
  const names = (key: string, head: Head) => Array.from({ length: head.count + 1 }, (_, place) => `${key}.${place}`)
  return {
    begin: () => ({}),
    append: (key, head, piece) => shelf.put(DRAWER, `${key}.${head.count}`, piece),
    async whole(key, head) {
      const pieces = await Promise.all(names(key, head).map((name) => shelf.get<Blob>(DRAWER, name)))
      const found = pieces.filter((one): one is Blob => one !== null)
      return found.length ? new Blob(found, { type: found[0]!.type }) : null
    },
    async erase(key, head) {
      for (const name of names(key, head)) await shelf.drop(DRAWER, name)
    },
  }
}

function inFile(): Reel {
  return {
    begin: () => ({ path: filesOfWeChat.newPath('mp3') }),
    append: (_key, head, piece) => filesOfWeChat.append(head.path!, piece as ArrayBuffer, head.count === 0),
    whole: async (_key, head) => (head.count ? { path: head.path! } : null),
    erase: async (_key, head) => filesOfWeChat.remove(head.path!),
  }
}
