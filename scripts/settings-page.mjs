/** Writes docs/settings.md: what each broker setting does here. A test checks that the page is fresh. */
import { writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadTypeScript } from './load-typescript.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** The page as Markdown: one section for each status, settings with the same reason together. */
export function settingsPage() {
  const { settingRows } = loadTypeScript(join(root, 'src/config/unsupported.ts'))
  const rows = settingRows()
  const sections = [
    ['effective', 'Effective', 'These do what they do in Apache Kafka.'],
    [
      'ineffective',
      'Without effect',
      'Known and checked, but nothing follows from them; a value of your own is mentioned in one WARN line at start.',
    ],
    [
      'guarded',
      'Refused',
      'Asking for one of these stops the start: running without it would look like running with it.',
    ],
  ]
  const text = ['# Broker settings', '', 'Made by `npm run generate` from `src/config/setting-status.ts`.', '']
  for (const [status, title, explanation] of sections) {
    text.push(`## ${title}`, '', explanation, '')
    for (const [reason, group] of groupByReason(rows.filter((row) => row.status === status))) {
      const names = group.map(({ name }) => `\`${name}\``).join(', ')
      text.push(reason === '' ? `${names}.` : `- ${reason}: ${names}.`)
    }
    text.push('')
  }
  return `${text.join('\n').trimEnd()}\n`
}

function groupByReason(rows) {
  const groups = new Map()
  for (const row of rows) {
    const group = groups.get(row.reason)
    if (group) group.push(row)
    else groups.set(row.reason, [row])
  }
  return groups
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(root, 'docs/settings.md'), settingsPage())
