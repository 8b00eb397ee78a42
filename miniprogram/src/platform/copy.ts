/** One's own copy as a file: downloaded in a browser, opened for sharing in the mini-program. */
import { isH5 } from './where'

interface Files { writeFileSync(path: string, text: string, encoding: 'utf8'): void }
declare const wx: {
  env: { USER_DATA_PATH: string }
  getFileSystemManager(): Files
  shareFileMessage(what: { filePath: string; fileName: string }): Promise<unknown>
}

const NAME = '我的连心记录.json'

export async function saveCopy(copy: unknown): Promise<void> {
  const text = JSON.stringify(copy, null, 2)
  if (isH5) {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
    link.download = NAME
    link.click()
    return
  }
  // #ifdef MP-WEIXIN
  const path = `${wx.env.USER_DATA_PATH}/${NAME}`
  wx.getFileSystemManager().writeFileSync(path, text, 'utf8')
  await wx.shareFileMessage({ filePath: path, fileName: NAME })
  // #endif
}
