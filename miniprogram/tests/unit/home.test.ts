// Each role of app/presets/roles.toml has exactly its own parts and doors on the home; the table is read from the file itself.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { doorsOf, partsOf } from '@/rules/home'

const ROLES = rolesIn(readFileSync(new URL('../../../app/presets/roles.toml', import.meta.url), 'utf8'))

function rolesIn(text: string): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const block of text.split(/^\[(?=[a-z_]+\]$)/m).slice(1)) {
    const name = block.slice(0, block.indexOf(']'))
    found[name] = [...(/^permissions = \[([^\]]*)\]/m.exec(block)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map((match) => match[1]!)
  }
  return found
}

const WANTED: Record<string, [parts: string, doors: string]> = {
  guest: ['guest', ''],
  villager: ['villager', ''],
  party_member: ['member office', 'queue'],
  village_cadre: ['office cadre', 'held broadcasts numbers paper'],
  town_cadre: ['office cadre', 'held broadcasts numbers'],
  county_operator: ['office cadre', 'numbers'],
  auditor: ['guest', ''],
  secretary: ['office cadre', 'queue checks broadcasts numbers'],
  clerk: ['office', 'queue checks'],
  agent: ['office', 'queue'],
  council: ['office', 'votes'],
  rechecker: ['office', 'queue'],
  window: ['office', 'queue'],
  dispatcher: ['office', 'queue checks'],
  duty_officer: ['office', 'queue'],
}
const together = (...roles: string[]) => [...new Set(roles.flatMap((role) => ROLES[role] ?? []))]

describe('the home of each role', () => {
  it('knows every role of the file, and no other', () => {
    expect(Object.keys(ROLES).sort()).toEqual(Object.keys(WANTED).sort())
  })
  it.each(Object.entries(WANTED))('%s sees exactly its own', (role, [parts, doors]) => {
    expect(partsOf(ROLES[role]!).join(' ')).toBe(parts)
    expect(doorsOf(ROLES[role]!).map((door) => door.key).join(' ')).toBe(doors)
  })
  it('shows whoever has several all of them, what waits for others before the own house', () => {
    expect(partsOf(together('guest', 'villager', 'party_member', 'council'))).toEqual(['member', 'office', 'villager'])
    expect(doorsOf(together('villager', 'party_member', 'council', 'village_cadre')).map((door) => door.key)).toEqual(['queue', 'votes', 'held', 'broadcasts', 'numbers', 'paper'])
  })
  it('opens no door to a page that this client does not have', () => {
    expect(doorsOf(together('council', 'village_cadre'), new Set(['numbers'])).map((door) => door.key)).toEqual(['numbers'])
  })
})
