import { describe, expect, it } from 'vitest'
import { lengthSaid, lengthWords, whyNot } from '@/rules/voice'

describe('speaking', () => {
  it('shows how long it is, and says it aloud', () => {
    expect([0, 9.6, 23, 60, 125, 180].map(lengthWords)).toEqual(['0:00', '0:10', '0:23', '1:00', '2:05', '3:00'])
    expect([0, 9.6, 23, 60, 125, 180].map(lengthSaid)).toEqual(['零秒', '十秒', '二十三秒', '一分钟', '两分零五秒', '三分钟'])
  })

  it('always leaves writing as a way out', () => {
    for (const obstacle of ['missing', 'refused', 'busy'] as const) expect(whyNot(obstacle)).toContain('写下来')
    expect(new Set((['missing', 'refused', 'busy'] as const).map(whyNot))).toHaveLength(3)
  })
})
