import { describe, expect, it } from 'vitest'
import { goesWhole, nextLength, percentOf, SMALL } from '@/rules/upload'

describe('an upload from the hills', () => {
  it('sends what is small as a whole', () => {
    expect(goesWhole(SMALL)).toBe(true)
    expect(goesWhole(SMALL + 1)).toBe(false)
  })

  it('grows its parts on a good signal and makes them small on a bad one, within bounds', () => {
    expect(nextLength(SMALL, 300)).toBe(2 * SMALL)
    expect(nextLength(SMALL, 4000)).toBe(SMALL)
    expect(nextLength(SMALL, 20_000)).toBe(SMALL / 2)
    let length = SMALL
    for (let times = 0; times < 20; times++) length = nextLength(length, 20_000)
    expect(length).toBe(16 * 1024)
    for (let times = 0; times < 20; times++) length = nextLength(length, 10)
    expect(length).toBe(512 * 1024)
  })

  it('says how far it is only once something has arrived, and never that it is over before it is', () => {
    expect(percentOf({})).toBeNull()
    expect(percentOf({ sent: 0, size: 100 })).toBeNull()
    expect(percentOf({ sent: 1, size: 3 })).toBe(33)
    expect(percentOf({ sent: 100, size: 100 })).toBe(99)
  })
})
