/** The loudspeaker: one recording at a time, wherever it is pressed; the one before falls silent. */
export interface Sound { at(seconds: number, length: number): void; over(isBroken: boolean): void }

let playing: { context: UniApp.InnerAudioContext; sound: Sound } | null = null

export function play(address: string, sound: Sound): void {
  hush()
  const context = uni.createInnerAudioContext()
  const mine = { context, sound }
  playing = mine
  const end = (isBroken: boolean) => {
    if (playing !== mine) return
    hush(isBroken)
  }
  context.onTimeUpdate(() => { if (playing === mine) sound.at(context.currentTime, Number.isFinite(context.duration) ? context.duration : 0) })
  context.onEnded(() => end(false))
  context.onError(() => end(true))
  context.src = address
  context.play()
}

/** Silence; whoever was playing is told. */
export function hush(isBroken = false): void {
  const was = playing
  playing = null
  was?.context.stop()
  was?.context.destroy()
  was?.sound.over(isBroken)
}
