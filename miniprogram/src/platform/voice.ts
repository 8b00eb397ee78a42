/** Reading aloud: the browser's own voice; the mini-program has none of its own, so there the button is not shown. */
import { isH5 } from './where'

export const canRead = isH5 && typeof window !== 'undefined' && 'speechSynthesis' in window

export function readAloud(words: string): void {
  if (!canRead) return
  window.speechSynthesis.cancel()
  for (const sentence of words.split(/(?<=[。？！])/)) {
    const spoken = new SpeechSynthesisUtterance(sentence)
    spoken.lang = 'zh-CN'
    spoken.rate = 0.9
    window.speechSynthesis.speak(spoken)
  }
}

export function beQuiet(): void {
  if (canRead) window.speechSynthesis.cancel()
}
