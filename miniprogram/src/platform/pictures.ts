/** Pictures: taken, and made small before they are kept. */
import { saved, type Bytes } from './files'
import { isH5 } from './where'

export { addressOf, type Bytes } from './files'

const LONGEST = 1600
const QUALITY = 0.8

/** Let the person take or choose pictures; each is small afterwards. */
export async function takePictures(most: number): Promise<Bytes[]> {
  const chosen = await new Promise<string[]>((done) => {
    uni.chooseImage({
      count: most, sizeType: ['compressed'], sourceType: ['camera', 'album'],
      success: (found) => done([found.tempFilePaths].flat()),
      fail: () => done([]),
    })
  })
  return Promise.all(chosen.map((path) => (isH5 ? shrunk(path) : saved(path))))
}

async function shrunk(url: string): Promise<Blob> {
  const original = await (await fetch(url)).blob()
  const picture = await createImageBitmap(original).catch(() => null)
  if (!picture) return original
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height)
  return new Promise((done) => canvas.toBlob((small) => done(small ?? original), 'image/jpeg', QUALITY))
}
