/** What a person may do, from the functions that /me names; `visits.log@zone` is visits.log over the own zone. */
export function may(functions: readonly string[], permission: string): boolean {
  return functions.some((one) => one === permission || one.startsWith(`${permission}@`))
}

/** Over a whole area, not only over one's zone or household. */
export function mayInArea(functions: readonly string[], permission: string): boolean {
  return functions.includes(permission)
}

export type Part = 'guest' | 'villager' | 'member' | 'cadre'

/** The part somebody plays first on this phone: it decides the home page and the tabs. */
export function partOf(functions: readonly string[]): Part {
  if (may(functions, 'visits.log')) return 'member'
  if (mayInArea(functions, 'coverage.read') || isOnDuty(functions)) return 'cadre'
  return may(functions, 'feed.read') ? 'villager' : 'guest'
}

/** Somebody who works on what others raise and raises nothing here, like an officer of the city. */
function isOnDuty(functions: readonly string[]): boolean {
  return mayInArea(functions, 'cases.move') && !may(functions, 'cases.open')
}
