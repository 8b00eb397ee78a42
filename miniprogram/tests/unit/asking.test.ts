import { describe, expect, it } from 'vitest'
import { isTime, worthAsking, type Allowed } from '@/rules/asking'

const DAY = 86_400_000
const kind = (template: string, more: Partial<Allowed> = {}): Allowed => ({ template, template_id: `id-${template}`, left: 0, reported: 0, is_long_term: false, ...more })

describe('asking whether WeChat may tell', () => {
  it('asks only about kinds of which nothing is left, three at most, in the order of their use', () => {
    const allowed = [kind('a'), kind('b', { left: 1 }), kind('c', { reported: 1 }), kind('d', { is_long_term: true }), kind('e'), kind('f'), kind('g')]
    expect(worthAsking(['g', 'b', 'c', 'd', 'unknown', 'f', 'e', 'a'], allowed).map((one) => one.template)).toEqual(['g', 'f', 'e'])
    expect(worthAsking(['b'], allowed)).toEqual([])
  })

  it('never nags: a month after a no, a week after a look, some days after a yes', () => {
    expect(isTime(null, 0)).toBe(true)
    expect([29, 31].map((days) => isTime({ at: 0, said: 'no' }, days * DAY))).toEqual([false, true])
    expect([6, 8].map((days) => isTime({ at: 0, said: '' }, days * DAY))).toEqual([false, true])
    expect([2, 4].map((days) => isTime({ at: 0, said: 'yes' }, days * DAY))).toEqual([false, true])
  })
})
