/** Reading a door's code: WeChat's scanner in the mini-program; in a browser a picture of the code, decoded on the phone itself. */
import { doorToken } from '@/rules/doors'

/** The token of the door; '' when what was seen is none of our codes; null when the person changed his mind. */
export type Seen = string | null

export function scanDoor(): Promise<Seen> {
  return new Promise((done) => {
    uni.scanCode({
      success: (found) => done(doorToken(found.result || (found as unknown as { path?: string }).path || '') ?? ''),
      fail: () => done(null),
    })
  })
}

// #ifdef H5
const SIDES = [1200, 640, 2000]

/** Let the person take or choose a picture of the code; the decoder is fetched only now. */
export async function readPicture(): Promise<Seen> {
  const [path] = await new Promise<string[]>((done) => {
    uni.chooseImage({ count: 1, sourceType: ['camera', 'album'], success: (found) => done([found.tempFilePaths].flat()), fail: () => done([]) })
  })
  if (!path) return null
  const { decodeQR } = await import('@/lazy/door-code')
  const picture = await createImageBitmap(await (await fetch(path)).blob()).catch(() => null)
  for (const side of picture ? SIDES : []) {
    const words = attempt(() => decodeQR(pixelsOf(picture!, side)))
    if (words) return doorToken(words) ?? ''
  }
  return ''
}

function pixelsOf(picture: ImageBitmap, longest: number): ImageData {
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  const pen = canvas.getContext('2d')!
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height)
  return pen.getImageData(0, 0, canvas.width, canvas.height)
}

/** The decoder throws when it finds no code. */
function attempt(decode: () => string): string {
  try {
    return decode()
  } catch {
    return ''
  }
}
// #endif
