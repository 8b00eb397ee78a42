/** Files people make: kept on the phone until they have arrived, sent, dropped, and fetched again with the token. */
import { shelf } from './shelf'
import { upload, type Answered, type Sending } from './upload'
import { API, isH5 } from './where'

/** What lies in the drawer `bytes`: the file itself in a browser, the path of a saved file in the mini-program. */
export type Bytes = Blob | { path: string }
export type FileKind = 'picture' | 'voice'

const GONE = { picture: '这张照片不在手机里了。', voice: '这段录音不在手机里了。' }

interface WeChatFiles {
  writeFile(how: { filePath: string; data: ArrayBuffer; success: () => void; fail: (failure: unknown) => void }): void
  appendFile(how: { filePath: string; data: ArrayBuffer; success: () => void; fail: (failure: unknown) => void }): void
  unlink(how: { filePath: string; fail: () => void }): void
}
declare const wx: { env: { USER_DATA_PATH: string }; getFileSystemManager(): WeChatFiles }

/** The mini-program's own folder: what is written there piece by piece is still there after the app was killed. */
export const filesOfWeChat = {
  newPath: (ending: string): string => `${wx.env.USER_DATA_PATH}/${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}.${ending}`,
  append(filePath: string, data: ArrayBuffer, isFirst: boolean): Promise<void> {
    const files = wx.getFileSystemManager()
    return new Promise((success, fail) => (isFirst ? files.writeFile({ filePath, data, success, fail }) : files.appendFile({ filePath, data, success, fail })))
  },
  remove(filePath: string): void {
    if (filePath.startsWith(wx.env.USER_DATA_PATH)) wx.getFileSystemManager().unlink({ filePath, fail: () => undefined })
    else uni.removeSavedFile({ filePath })
  },
}

/** Keep a file that the mini-program holds for a moment only. */
export function saved(temporary: string): Promise<{ path: string }> {
  return new Promise((done, failed) => {
    uni.saveFile({ tempFilePath: temporary, success: (kept) => done({ path: kept.savedFilePath }), fail: failed })
  })
}

/** An address under which the page can show or play it. */
export function addressOf(bytes: Bytes): string {
  return 'path' in bytes ? bytes.path : URL.createObjectURL(bytes)
}

/** Send one; what was interrupted goes on where it stopped. Answers the status and the server's words. */
export async function sendFile(of: Omit<Sending, 'bytes'>): Promise<Answered> {
  const bytes = await shelf.get<Bytes>('bytes', of.id)
  return bytes ? upload({ ...of, bytes }) : { status: 410, says: GONE[of.kind] }
}

/** Drop a file's bytes once it has arrived. */
export async function dropFile(id: string): Promise<void> {
  const bytes = await shelf.get<Bytes>('bytes', id)
  if (bytes && 'path' in bytes) filesOfWeChat.remove(bytes.path)
  await shelf.drop('bytes', id)
}

/** A file of the server, which wants to know who asks and for whom: an address the page can use, or null when it may not or cannot. */
export async function fetchedFile(id: string, header: Record<string, string>, size: 'thumb' | 'full' = 'full'): Promise<string | null> {
  const url = `${API}/media/${id}?size=${size}`
  if (isH5) {
    const answer = await fetch(url, { headers: header }).catch(() => null)
    return answer?.ok ? URL.createObjectURL(await answer.blob()) : null
  }
  return new Promise((done) => {
    uni.downloadFile({
      url, header,
      success: (got) => done(got.statusCode === 200 ? got.tempFilePath : null),
      fail: () => done(null),
    })
  })
}

/** Give an address back that nothing on the page uses any more. */
export function release(address: string): void {
  if (address.startsWith('blob:')) URL.revokeObjectURL(address)
}
