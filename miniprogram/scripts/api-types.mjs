// Writes src/api/schema.d.ts from the contract that the server's tests hold it to; --check only looks whether it has drifted.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, copyFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const contract = resolve('../tests/faces/openapi.json')
const kept = resolve('src/api/schema.d.ts')
const folder = mkdtempSync(join(tmpdir(), 'api-types-'))
try {
  const fresh = join(folder, 'schema.d.ts')
  execFileSync('node_modules/.bin/openapi-typescript', [contract, '-o', fresh], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (!process.argv.includes('--check')) {
    copyFileSync(fresh, kept)
    console.log('src/api/schema.d.ts is written')
  } else if (readFileSync(fresh, 'utf8') !== readFileSync(kept, 'utf8')) {
    console.error('src/api/schema.d.ts has drifted from the contract: npm run api')
    process.exit(1)
  } else {
    console.log('API types agree with the contract')
  }
} finally {
  rmSync(folder, { recursive: true })
}
