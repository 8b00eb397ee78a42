/** Sending a file: whole when it is small, else part after part; what has arrived is asked of the server, never assumed. */
import { goesWhole, nextLength, SMALL } from '@/rules/upload'
import type { Bytes, FileKind } from './files'
import { API } from './where'

export interface Answered { status: number; says?: string }
export interface Sending {
  id: string
  kind: FileKind
  bytes: Bytes
  token: string
  actsFor?: string
  isBegun: boolean
  heard: (sent: number, size: number) => Promise<void>
}
interface Reply { status: number; data: { received?: number; state?: string | null; message?: string } }
interface Files {
  readFile(how: { filePath: string; position: number; length: number; success: (got: { data: ArrayBuffer }) => void; fail: (failure: unknown) => void }): void
  getFileInfo(how: { filePath: string; success: (got: { size: number }) => void; fail: (failure: unknown) => void }): void
}
declare const wx: { getFileSystemManager(): Files }

const PATIENCE = 60_000
const MOST_GAPS = 3
const DOES_NOT_FIT = 422
const GAP = 409

/** Send it; what was interrupted goes on where it stopped, because the id is the same. */
export async function upload(sending: Sending): Promise<Answered> {
  const size = await sizeOf(sending.bytes)
  const reply = goesWhole(size) ? await whole(sending, size) : await inParts(sending, size)
  return { status: reply.status, says: reply.data.message }
}

async function inParts(sending: Sending, size: number): Promise<Reply> {
  let start = sending.isBegun ? await askHowFar(sending) : 0
  let length = SMALL
  for (let gaps = 0; gaps < MOST_GAPS;) {
    const began = Date.now()
    const reply = await part(sending, start, Math.min(length, size - start), size)
    if (reply.status === GAP) {
      gaps += 1
      start = await askHowFar(sending)
    } else if (reply.status === 202) {
      start = reply.data.received ?? start
      length = nextLength(length, Date.now() - began)
      await sending.heard(start, size)
    } else return reply.status === DOES_NOT_FIT && start > 0 ? await whole(sending, size) : reply
  }
  return await whole(sending, size)
}

async function askHowFar(sending: Sending): Promise<number> {
  const reply = await ask(sending, { url: `${API}/media/${sending.id}/part`, method: 'GET' })
  if (reply.status !== 200) throw new Error(`${reply.status}`)
  return reply.data.received ?? 0
}

async function part(sending: Sending, start: number, length: number, size: number): Promise<Reply> {
  const url = `${API}/media?id=${sending.id}&kind=${sending.kind}&offset=${start}&size=${size}`
  return ask(sending, { url, method: 'POST', data: await piece(sending.bytes, start, length) })
}

async function whole(sending: Sending, size: number): Promise<Reply> {
  return ask(sending, { url: `${API}/media?id=${sending.id}&kind=${sending.kind}`, method: 'POST', data: await piece(sending.bytes, 0, size) })
}

function ask({ token, actsFor }: Sending, { url, method, data }: { url: string; method: 'GET' | 'POST'; data?: ArrayBuffer }): Promise<Reply> {
  return new Promise((done, failed) => {
    uni.request({
      url, method, data, timeout: PATIENCE,
      header: { Authorization: `Bearer ${token}`, ...(actsFor ? { 'X-Acts-For': actsFor } : {}), ...(data ? { 'Content-Type': 'application/octet-stream' } : {}) },
      success: (answer) => done({ status: answer.statusCode, data: (typeof answer.data === 'object' && answer.data ? answer.data : {}) as Reply['data'] }),
      fail: failed,
    })
  })
}

function sizeOf(bytes: Bytes): Promise<number> {
  if (!('path' in bytes)) return Promise.resolve(bytes.size)
  return new Promise((done, failed) => wx.getFileSystemManager().getFileInfo({ filePath: bytes.path, success: (got) => done(got.size), fail: failed }))
}

function piece(bytes: Bytes, start: number, length: number): Promise<ArrayBuffer> {
  if (length === 0) return Promise.resolve(new ArrayBuffer(0))
  if (!('path' in bytes)) return bytes.slice(start, start + length).arrayBuffer()
  return new Promise((done, failed) => wx.getFileSystemManager().readFile({ filePath: bytes.path, position: start, length, success: (got) => done(got.data), fail: failed }))
}
