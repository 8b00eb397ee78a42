/** The microphone: MediaRecorder in a browser, WeChat's own recorder in the mini-program; one recording at a time, told piece by piece. */
import { saved, type Bytes } from './files'
import { isH5 } from './where'
import type { Piece } from './tape'
import type { Obstacle } from '@/rules/voice'

export interface Recording { bytes: Bytes; seconds: number }
interface Microphone { start(hear: (piece: Piece) => void): Promise<Obstacle | null>; stop(): Promise<Recording | null> }

/** What every phone can play comes first. */
const TYPES = ['audio/mp4;codecs=mp4a.40.2', 'audio/mp4', 'audio/webm;codecs=opus', 'audio/ogg;codecs=opus']
const BITS = 32_000
const FOR_WECHAT = { duration: 600_000, sampleRate: 16_000, numberOfChannels: 1, encodeBitRate: 48_000, format: 'mp3', frameSize: 6 } as const // 6 KB: a second

export const microphone: Microphone = isH5 ? ofBrowser() : ofWeChat()

function ofBrowser(): Microphone {
  let recorder: MediaRecorder | null = null
  let parts: Blob[] = []
  let began = 0
  return {
    async start(hear) {
      if (typeof MediaRecorder === 'undefined' || !navigator.mediaDevices?.getUserMedia) return 'missing'
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
        parts = []
        recorder = new MediaRecorder(stream, { mimeType: TYPES.find((type) => MediaRecorder.isTypeSupported(type)), audioBitsPerSecond: BITS })
        recorder.ondataavailable = ({ data }) => {
          if (!data.size) return
          parts.push(data)
          hear(data)
        }
        recorder.start(1000)
        began = Date.now()
        return null
      } catch (failure) {
        return obstacleIn((failure as DOMException).name)
      }
    },
    async stop() {
      const running = recorder
      recorder = null
      if (!running) return null
      const seconds = (Date.now() - began) / 1000
      if (running.state !== 'inactive') {
        await new Promise<void>((done) => {
          running.onstop = () => done()
          running.stop()
        })
      }
      running.stream.getTracks().forEach((track) => track.stop())
      return { bytes: new Blob(parts, { type: running.mimeType }), seconds }
    },
  }
}

function obstacleIn(name: string): Obstacle {
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  return name === 'NotFoundError' || name === 'NotSupportedError' ? 'missing' : 'busy'
}

function ofWeChat(): Microphone {
  let manager: UniApp.RecorderManager | null = null
  let began = 0
  let started: (obstacle: Obstacle | null) => void = () => undefined
  let stopped: (recording: Recording | null) => void = () => undefined
  let told: (piece: Piece) => void = () => undefined
  let over: Promise<Recording | null> = Promise.resolve(null)

  function listen(): UniApp.RecorderManager {
    const found = uni.getRecorderManager()
    found.onStart(() => {
      began = Date.now()
      started(null)
    })
    found.onFrameRecorded(({ frameBuffer }: { frameBuffer: ArrayBuffer }) => {
      if (frameBuffer.byteLength) told(frameBuffer)
    })
    found.onStop((made: { tempFilePath: string }) => {
      const seconds = (Date.now() - began) / 1000
      void saved(made.tempFilePath).then((bytes) => stopped({ bytes, seconds }), () => stopped(null))
    })
    found.onError((failure: { errMsg?: string }) => {
      started(/auth|deny|permission/i.test(failure.errMsg ?? '') ? 'refused' : 'busy')
      stopped(null)
    })
    return found
  }
  return {
    start(hear) {
      manager ??= listen()
      told = hear
      over = new Promise((done) => { stopped = done })
      const begun = new Promise<Obstacle | null>((done) => { started = done })
      manager.start(FOR_WECHAT)
      return begun
    },
    stop() {
      manager?.stop()
      return over
    },
  }
}
