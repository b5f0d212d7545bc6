import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

test('docs/settings.md says what the code does (npm run generate)', async () => {
  const { settingsPage } = await import(join(ROOT, 'scripts/settings-page.mjs'))
  expect(readFileSync(join(ROOT, 'docs/settings.md'), 'utf8')).toBe(settingsPage())
})

test('every file that the README and the docs link to exists', () => {
  for (const page of ['README.md', 'docs/architecture.md', 'docs/compatibility.md']) {
    const text = readFileSync(join(ROOT, page), 'utf8')
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      const path = join(ROOT, page, '..', target!)
      expect(() => readFileSync(path), `${page} → ${target}`).not.toThrow()
    }
  }
})
