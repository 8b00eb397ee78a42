import { createPinia } from 'pinia'
import { createSSRApp } from 'vue'
import App from './App.vue'
// #ifdef H5
import LAway from './components/LAway.vue'
// #endif

export function createApp() {
  const app = createSSRApp(App)
  app.use(createPinia())
  // #ifdef H5
  app.component('AsyncError', LAway)
  // #endif
  return { app }
}
