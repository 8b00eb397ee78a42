import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// apart from vite.config.ts: the uni plugin must not run under vitest
export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: { environment: 'node', include: ['tests/unit/**/*.test.ts'] },
})
