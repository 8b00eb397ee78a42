import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { beforeWords, clockSaid, clockWords, partsOf, readClock, ridgeOf, untilWords } from '@/rules/clock'
import { someonesOf } from '@/rules/helping'
import { ridgePicture, ridgeWay, walkedOf } from '@/rules/ridge'
import { asForm, daysAhead, filesIn, missing, needsSomeone, offered, saysSomething, theOnly, type Field, type Values } from '@/rules/forms'
import { chipOf, climbWords, gapWords, hopeWords, inGroups, likeliest, openStops, shortLine, stopsOf, suggested, titleOf, whatWords, whereItStands, whyHere, type Brief, type Happening, type Matter } from '@/rules/matters'
import { ERRANDS, HEARD, KEPT_ASIDE } from './said'

/** The word lists of a kind as its preset has them. */
function categoriesOf(kind: string) {
  const preset = readFileSync(new URL(`../../../app/presets/cases/${kind}.toml`, import.meta.url), 'utf8')
  const lists = /\n\[words\][^\n]*\n([^]*?)\n\[/.exec(preset)?.[1] ?? ''
  return [...lists.matchAll(/^(\w+) = (\[[^\]]*\])/gm)].map(([, key, words]) => ({ key: key!, name: key!, level: 'normal', words: JSON.parse(words!.replace(/,\s*\]/, ']')) as string[] }))
}

const at = (text: string) => Date.parse(`${text}+08:00`)
const iso = (text: string) => new Date(at(text)).toISOString()
const now = at('2026-11-23T11:00')

const brief = (more: Partial<Brief> = {}): Brief => ({
  id: '1', kind: 'whistle', kind_name: '吹哨', number: '哨2026-101-0001', category_name: '基础民生', level: 'normal', stage: 'working', stage_name: '限时办理',
  outcome: null, place: '留村', opened_at: iso('2026-11-22T19:40'), started_at: iso('2026-11-22T19:40'), due_at: iso('2026-11-24T18:00'), is_late: false, places: ['reporter'],
  is_mine: false, phase: 'working', words: '门前路灯不亮', quick: null, hand_on: null, ...more,
})
const happening = (more: Partial<Happening> = {}): Happening => ({
  id: 'h', at: iso('2026-11-22T20:05'), kind: 'moved', move: 'accept', move_name: '我来办', stage_name: '', party_name: '接手人', by_name: '赵建国', through_name: '', is_me: false, said: [], detail: {}, office: '', ...more,
})
const matter = (more: Partial<Matter> = {}): Matter => ({
  ...brief(), opening: [], file_ids: [], people: [{ party: 'owner', party_name: '接手人', name: '赵建国', has_taken: true }], timeline: [], moves: [], offers: [], rating: null, held: [],
  waits_on: 'owner', clock: null, promised_at: null, urge_from: iso('2026-11-22T19:40'), extension: null, ...more,
})

describe('the clock', () => {
  it('says how long is left, and how long it is late', () => {
    const left = readClock(brief(), now)!
    expect([left.mood, clockWords(left), clockSaid(left), left.until]).toEqual(['calm', '还剩 1 天 7 小时', '还剩一天七小时', '明天 18:00'])
    const late = readClock(brief(), at('2026-11-24T20:10'))!
    expect([late.mood, clockWords(late), late.share]).toEqual(['late', '过了 2 小时 10 分', 1])
  })

  it('turns at four fifths, at the end, and stands still while it is paused', () => {
    const of = (text: string, state?: string) => readClock({ started_at: iso('2026-11-20T00:00'), due_at: iso('2026-11-30T00:00'), state }, at(text))!.mood
    expect([of('2026-11-27T23:59'), of('2026-11-28T00:00'), of('2026-11-30T00:00'), of('2026-11-29T00:00', 'paused')]).toEqual(['calm', 'soon', 'late', 'still'])
    expect(readClock({ started_at: null, due_at: null }, now)).toBeNull()
  })

  it('names at most two units and never zero', () => {
    expect([0, 59_000, 3_600_000, 86_400_000].map((length) => partsOf(length).map((part) => `${part.number}${part.unit}`).join(''))).toEqual(['1分钟', '1分钟', '1小时', '1天'])
  })

  it('says the end of a day as the day', () => {
    expect(untilWords(at('2026-11-23T23:59'), now)).toBe('今天')
    expect(untilWords(at('2026-11-28T23:59'), now)).toBe('28日')
    expect(untilWords(at('2026-12-01T09:05'), now)).toBe('12月1日 9:05')
    expect(beforeWords(iso('2026-11-24T18:00'), now)).toBe('明天 18:00 前')
    expect(beforeWords(iso('2026-11-25T23:59'), now)).toBe('后天前')
  })

  it('puts now between the stops of the ridge, and never past the last', () => {
    const stops = [100, 200, 300]
    expect(ridgeOf(0, stops, 50).now).toBeCloseTo(1 / 6, 2)
    expect(ridgeOf(0, stops, 150).now).toBeCloseTo(0.5, 2)
    expect(ridgeOf(0, stops, 900).now).toBe(1)
    expect(ridgeOf(0, [], 5)).toEqual({ stops: [], now: 1 })
  })
})

describe('the ridge', () => {
  it('rises to its last stop, and the solid part ends where now is', () => {
    const way = ridgeWay(3)
    expect(way).toHaveLength(10)
    expect(way[9]![1]).toBeLessThan(way[0]![1])
    expect(way[0]![0], 'the dot of now, at the very start, is drawn whole').toBeGreaterThanOrEqual(7)
    const walked = walkedOf(way, 0.5)
    expect(walked[walked.length - 1]![0]).toBeCloseTo((way[0]![0] + way[9]![0]) / 2, 5)
    expect(walkedOf(way, 1)).toEqual(way)
    expect(ridgePicture(2, 0.3, '#0D4644').match(/circle/g)).toHaveLength(3)
  })
})

describe('matters', () => {
  it('wear one chip: how it stands for whoever looks', () => {
    const words = (more: Partial<Brief>) => chipOf(brief(more), now).words
    expect([words({}), words({ is_mine: true }), words({ phase: 'asked' }), words({ phase: 'asked', is_mine: true })]).toEqual(['正在办', '等您办', '等人接', '等您接'])
    expect([words({ is_late: true }), words({ due_at: iso('2026-11-23T10:00') }), words({ phase: 'word', is_mine: true, is_late: true }), words({ phase: 'word' })]).toEqual(['过点了', '过点了', '等您说', '等回话'])
    expect([words({ outcome: 'solved', phase: 'ended' }), words({ outcome: 'merged', is_late: true })]).toEqual(['解决了', '并到一起了'])
  })

  it('lie on the desk by their deadlines, late ones first, those of others last', () => {
    const groups = inGroups([
      brief({ id: 'later', is_mine: true, due_at: iso('2026-11-30T18:00') }), brief({ id: 'soon', is_mine: true, due_at: iso('2026-11-25T18:00') }), brief({ id: 'other' }),
      brief({ id: 'today', is_mine: true, due_at: iso('2026-11-23T23:59') }), brief({ id: 'late', due_at: iso('2026-11-23T10:00') }), brief({ id: 'never', is_mine: true, due_at: null }),
    ], now)
    expect(groups.map((group) => [group.title, group.matters.map((one) => one.id).join()])).toEqual([['过点了', 'late'], ['今天', 'today'], ['三天内', 'soon'], ['往后', 'later,never'], ['别人在办，您知道就好', 'other']])
  })

  it('say what they are and why they are here', () => {
    expect(titleOf(brief())).toBe('门前路灯不亮')
    expect(titleOf(brief({ words: '' }))).toBe('基础民生的事')
    expect(whyHere(brief(), now)).toBe('留村 · 基础民生 · 限时办理，明天 18:00 前')
    expect(whereItStands(brief(), now)).toBe('留村 · 基础民生 · 明天 18:00 前办好')
    expect([hopeWords(brief({ phase: 'asked' }), now), hopeWords(brief({ due_at: iso('2026-11-23T10:00') }), now), hopeWords(brief({ outcome: 'solved', phase: 'ended' }), now)]).toEqual(['明天 18:00 前有回话', '该在今天 10:00 前办好，在催了', ''])
  })

  it('show four stops at home, of which one is now', () => {
    expect(shortLine(brief()).map((one) => `${one.words}${one.state === 'now' ? '*' : ''}`).join()).toBe('您说了,有人接了,正在办*,您说了算')
    expect(shortLine(brief({ phase: 'asked' }))[1]).toEqual({ words: '等人接', state: 'now' })
    expect(shortLine(brief({ phase: 'ended' })).every((one) => one.state === 'on')).toBe(true)
  })

  it('tell what people did, and leave the ticking of the machine out', () => {
    expect([{ kind: 'opened', is_me: true }, {}, { kind: 'climbed', office: '村支书' }, { kind: 'climbed', detail: { why: '“没解决”' } }, { kind: 'urged', is_me: true }, { by_name: '', move_name: '没有回音' }, { by_name: '卢**', through_name: '尚**' }].map((one) => whatWords(happening(one)))).toEqual(['您说了这件事', '赵建国：我来办', '没人应，往上找了村支书', '因为“没解决”，接着往上找', '您催了一下', '没有回音', '卢**（尚**帮着点的）：我来办'])
    const line = (key: string, name: string, type: string, text: string, file_ids: string[] = []) => ({ key, name, type, text, file_ids })
    const said = [{ form: 'promise', values: {}, lines: [line('by', '哪天办好', 'date', '2026-11-24'), line('what', '怎么办', 'text', '换灯头'), line('photos', '照片', 'photos', '', ['p']), line('voice', '语音', 'voice', '', ['v'])] }]
    const stops = stopsOf(matter({ timeline: [happening({ id: 'a', kind: 'opened', at: iso('2026-11-22T19:40') }), happening({ id: 'b', kind: 'reminded' }), happening({ id: 'c', said })] }), now)
    expect(stops.map((one) => one.id)).toEqual(['a', 'c'])
    expect(stops[1]).toMatchObject({ when: '昨天 20:05 · 25 分钟后', quotes: ['“换灯头”'], facts: ['哪天办好：11月24日'], pictures: ['p'], voices: ['v'] })
    expect([20_000, 1_500_000, 7_200_000, 3 * 86_400_000].map(gapWords)).toEqual(['', '25 分钟后', '2 小时后', '3 天后'])
  })

  it('end with who has it now and what comes after, until it has ended', () => {
    const [current, next] = openStops(matter({ promised_at: iso('2026-11-24T23:59') }), now)
    expect([current!.what, current!.facts, next!.what]).toEqual(['赵建国在办', ['答应：明天前办好'], '办好以后，请您看一眼'])
    expect(openStops(matter({ urge_from: null }), now)[0]!.what, 'whoever works with it knows its stages').toBe('赵建国在办：限时办理')
    expect(openStops(matter({ urge_from: null, is_mine: true }), now)[1]!.when).toBe('乡亲说好了才算完')
    expect(openStops(matter({ phase: 'word', is_mine: true }), now).map((one) => one.what)).toEqual(['等您说一声，好了没有'])
    expect(openStops(matter({ phase: 'ended' }), now)).toEqual([])
  })

  it('say who comes next when nobody acts', () => {
    const stops = [{ office: '村支书', level: 'village', at: iso('2026-11-23T10:00'), is_told: true }, { office: '镇调度员', level: 'town', at: iso('2026-11-24T18:00'), is_told: false }]
    const clock = { key: 'solve', name: '办好', state: 'running' as const, started_at: iso('2026-11-22T19:40'), due_at: iso('2026-11-24T18:00'), stops }
    expect(climbWords(matter({ clock }))).toBe('到点没动，会自动找镇调度员，不用您跑。')
    expect(climbWords(matter({ clock, urge_from: null, is_mine: true })), 'who has it in hand is the one to run').toBe('到点没动，会自动找镇调度员。')
    expect(climbWords(matter({ phase: 'word', is_mine: false })), 'only who is asked is told to take time').toBe('等乡亲看清楚了再说。')
    expect(climbWords(matter({ clock: { ...clock, state: 'paused' } }))).toContain('不算时间')
  })

  it('guess the category by what was said, and do not guess without a word', () => {
    const categories = [{ key: 'habitat', name: '人居环境', level: 'normal', words: ['垃圾', '路灯'] }, { key: 'living', name: '基础民生', level: 'urgent', words: ['停水', '水管'] }]
    expect([suggested(categories, '门口路灯不亮'), suggested(categories, '水管破了，停水了，路灯也不亮'), suggested(categories, '想说说')]).toEqual(['habitat', 'living', null])
  })

  it.each([['whistle', HEARD, 1], ['whistle', KEPT_ASIDE, 0.85], ['errand', ERRANDS, 1]] as const)('guess what the people of a village mean: %s', (kind, said, share) => {
    const categories = categoriesOf(kind)
    const wrong = said.filter(([category, words]) => suggested(categories, words) !== category)
    expect(wrong.length, wrong.map(([category, words]) => `${words}: ${category}, not ${suggested(categories, words)}`).join('\n')).toBeLessThanOrEqual(said.length * (1 - share))
  })
})

describe('forms', () => {
  const field = (key: string, type: string, required = false): Field => ({ key, name: key, type, required, choices: [], choice_names: [], max: null })
  const fields = [field('text', 'text'), field('voice', 'voice'), field('photos', 'photos', true), field('by', 'date', true), field('count', 'number'), field('list', 'papers')]

  it('name the first thing that is missing', () => {
    expect(missing(fields, {})?.says).toContain('拍一张')
    expect(missing(fields, { photos: ['p'], by: ' ' })?.key).toBe('by')
    expect(missing(fields, { photos: ['p'], by: '2026-11-24' })).toBeNull()
  })

  it('send only what was filled in, and know their files', () => {
    const values = { text: ' 坏了 ', voice: ['v'], photos: ['p', 'q'], by: '', count: '3', list: ['身份证', ' '] }
    expect(asForm(fields, values)).toEqual({ text: '坏了', voice: 'v', photos: ['p', 'q'], count: 3, list: ['身份证'] })
    expect(filesIn(fields, values)).toEqual(['v', 'p', 'q'])
    expect([saysSomething(fields, { voice: ['v'] }), saysSomething(fields, { by: '2026-11-24', text: ' ' })]).toEqual([true, false])
  })

  it('offer days as people call them', () => {
    expect(daysAhead(at('2026-11-30T23:30'), 4)).toEqual([{ key: '2026-11-30', words: '今天' }, { key: '2026-12-01', words: '明天' }, { key: '2026-12-02', words: '后天' }, { key: '2026-12-03', words: '12月3日' }])
  })
})

describe('whom a form may name', () => {
  const person = (key: string, required = false): Field => ({ key, name: key, type: 'person', required, choices: [], choice_names: [], max: null })
  const home = { people: [{ person_id: 'me', name: '王桂兰', relation: '户主' }, { person_id: 'son', name: '孔涛', relation: '儿子' }] } as never
  const people = someonesOf(null, home, 'me')

  it('never asks for whom I speak when I speak for myself, nor whom to tell what he asked for', () => {
    const [who, relative] = [person('who', true), person('relative')]
    const names = (field: Field, values: Values) => offered(field, [who, relative], values, people).map((one) => one.words)
    expect(names(who, {})).toEqual(['王桂兰（我自己）', '孔涛（儿子）'])
    expect(names(relative, {})).toEqual(['孔涛（儿子）'])
    expect(names(relative, { who: 'son' })).toEqual([])
  })

  it('is the one I help, and he stands there already', () => {
    const helped = someonesOf({ for_person_id: 'elder', for_name: '侯秀英' }, home, 'me')
    expect(theOnly([person('who', true), person('relative')], helped)).toEqual({ who: 'elder' })
    expect(theOnly([person('who', true)], people)).toEqual({})
    expect([needsSomeone([person('who', true)]), needsSomeone([person('who')])]).toEqual([true, false])
  })
})

describe('what may be the same matter', () => {
  it('is all of it while it is little, else only what was told in the same words', () => {
    const cases = ['1', '2', '3', '4'].map((id) => brief({ id }))
    const shown = (count: number, alike: number) => likeliest({ cases: cases.slice(0, count), alike }, 3).map((one) => one.id).join('')
    expect([shown(3, 0), shown(4, 4), shown(4, 2), shown(4, 0)]).toEqual(['123', '123', '12', ''])
  })
})
