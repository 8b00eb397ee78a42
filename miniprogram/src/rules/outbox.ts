/** The offline queue without its phone: what is kept, what goes next, and what a receipt makes of it. */
import type { Schema } from '@/api/types'

export type State = 'queued' | 'received' | 'waiting' | 'conflict'
export type Receipt = Pick<Schema<'ReceiptShape'>, 'id' | 'state' | 'message' | 'code'>

export interface Item {
  id: string
  owner: string
  kind: string
  title: string
  household: string | null
  body: Record<string, unknown>
  files: string[]
  actsFor?: string
  madeAt: number
  state: State
  says?: string
  settledAt?: number
}

export interface FileRecord {
  id: string
  owner: string
  state: 'draft' | 'queued' | 'received' | 'refused'
  actsFor?: string
  kind?: 'picture' | 'voice'
  seconds?: number
  sent?: number
  size?: number
  says?: string
}

export const MOST_ITEMS = 50
export const MOST_BYTES = 240 * 1024
const KEEP_RECEIVED = 14 * 86_400_000

/** 已收, 等待, 冲突: one of three, whatever the queue knows beside. */
export function faceOf(state: State): 'received' | 'waiting' | 'conflict' {
  return state === 'queued' ? 'waiting' : state
}

/** These go ahead of their pictures: the words arrive on the weakest signal, the server knows the pictures by their ids and waits. */
const GOES_AHEAD = new Set(['visit'])

/** Items that can go, oldest first, as many as one batch takes: all of their files have arrived or been refused, or they go ahead of them. */
export function nextBatch(items: Item[], files: ReadonlyMap<string, FileRecord>): Item[] {
  const batch: Item[] = []
  let bytes = 0
  for (const item of [...items].sort((a, b) => a.madeAt - b.madeAt)) {
    const isReady = item.state === 'queued' && (GOES_AHEAD.has(item.kind) || item.files.every((id) => isSettled(files.get(id))))
    const size = JSON.stringify(item.body).length * 3
    if (!isReady || batch.length === MOST_ITEMS || (batch.length > 0 && bytes + size > MOST_BYTES)) continue
    batch.push(item)
    bytes += size
  }
  return batch
}

function isSettled(file: FileRecord | undefined): boolean {
  return file === undefined || file.state === 'received' || file.state === 'refused'
}

/** The item as it travels, the same each time it is sent; one that goes ahead names all of its files, of another one the pictures the server would not take stay behind, and the item says so. */
export function asSent(item: Item, files: ReadonlyMap<string, FileRecord>): Record<string, unknown> {
  const arrived = item.files.filter((id) => GOES_AHEAD.has(item.kind) || files.get(id)?.state === 'received')
  const body: Record<string, unknown> = { ...item.body, id: item.id }
  if (isForm(body.form)) body.form = withFiles(body.form, item.files, arrived)
  else if (item.files.length) body.file_ids = arrived.filter((id) => id !== body.voice_id)
  if (body.voice_id && !arrived.includes(String(body.voice_id))) body.voice_id = null
  const share = body.share as { file_ids?: string[] } | null | undefined
  if (share?.file_ids) body.share = { ...share, file_ids: share.file_ids.filter((id) => arrived.includes(id)) }
  return { id: item.id, kind: item.kind, ...(item.actsFor ? { acts_for: item.actsFor } : {}), body }
}

function isForm(form: unknown): form is Record<string, unknown> {
  return typeof form === 'object' && form !== null
}

/** A form without the files that did not arrive. */
function withFiles(form: Record<string, unknown>, files: readonly string[], arrived: readonly string[]): Record<string, unknown> {
  const isGone = (one: unknown) => typeof one === 'string' && files.includes(one) && !arrived.includes(one)
  const kept = Object.entries(form).map(([key, value]) => [key, Array.isArray(value) ? value.filter((one) => !isGone(one)) : value] as const)
  return Object.fromEntries(kept.filter(([, value]) => !isGone(value) && !(Array.isArray(value) && value.length === 0)))
}

/** What a receipt makes of an item. */
export function settledBy(item: Item, receipt: Receipt, now: number): Item {
  const state = receipt.state === 'received' ? 'received' : receipt.state === 'waiting' ? 'waiting' : 'conflict'
  return { ...item, state, says: receipt.message ?? undefined, settledAt: now }
}

/** What may leave the phone's list: only what was received, and only after two weeks. */
export function isForgotten(item: Item, now: number): boolean {
  return item.state === 'received' && (item.settledAt ?? now) < now - KEEP_RECEIVED
}

/** How long to wait after so many failures in a row: 2, 4, 8 … 60 seconds. */
export function pause(failures: number): number {
  return Math.min(60_000, 1000 * 2 ** Math.min(failures, 6))
}
