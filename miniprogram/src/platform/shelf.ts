/** Where the queue lies on the phone: IndexedDB in a browser, storage in the mini-program. `put` is done when it would survive a kill. */
import { forget, keep, recall } from './pocket'
import { isH5 } from './where'

export type Drawer = 'items' | 'files' | 'bytes' | 'drafts'

export interface Shelf {
  all<T>(drawer: Drawer): Promise<T[]>
  get<T>(drawer: Drawer, id: string): Promise<T | null>
  put(drawer: Drawer, id: string, value: unknown): Promise<void>
  drop(drawer: Drawer, id: string): Promise<void>
}

const DRAWERS: Drawer[] = ['items', 'files', 'bytes', 'drafts']

export const shelf: Shelf = isH5 ? inBrowser() : inStorage()

function inBrowser(): Shelf {
  let opened: Promise<IDBDatabase> | null = null
  const open = () => (opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open('lianxin', 1)
    asked.onupgradeneeded = () => DRAWERS.forEach((drawer) => asked.result.createObjectStore(drawer))
    asked.onsuccess = () => done(asked.result)
    asked.onerror = () => failed(asked.error)
  }))
  const act = async <T>(drawer: Drawer, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<T> => {
    const database = await open()
    return new Promise((done, failed) => {
      const transaction = database.transaction(drawer, mode, { durability: 'strict' })
      const asked = work(transaction.objectStore(drawer))
      transaction.oncomplete = () => done(asked.result as T)
      transaction.onerror = transaction.onabort = () => failed(transaction.error)
    })
  }
  return {
    all: (drawer) => act(drawer, 'readonly', (store) => store.getAll()),
    get: async (drawer, id) => (await act(drawer, 'readonly', (store) => store.get(id))) ?? null,
    put: (drawer, id, value) => act(drawer, 'readwrite', (store) => store.put(value, id)),
    drop: (drawer, id) => act(drawer, 'readwrite', (store) => store.delete(id)),
  }
}

function inStorage(): Shelf {
  const index = (drawer: Drawer) => `shelf.${drawer}.`
  return {
    async all<T>(drawer: Drawer) {
      const prefix = `lianxin.${index(drawer)}`
      const keys = uni.getStorageInfoSync().keys.filter((key: string) => key.startsWith(prefix))
      return keys.map((key: string) => recall<T>(key.slice('lianxin.'.length))).filter((one: T | null): one is T => one !== null)
    },
    async get<T>(drawer: Drawer, id: string) {
      return recall<T>(index(drawer) + id)
    },
    async put(drawer: Drawer, id: string, value: unknown) {
      keep(index(drawer) + id, value)
    },
    async drop(drawer: Drawer, id: string) {
      forget(index(drawer) + id)
    },
  }
}
