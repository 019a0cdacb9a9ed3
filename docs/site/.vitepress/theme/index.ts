import DefaultTheme from 'vitepress/theme'
import Layout from './Layout.vue'
// oxlint-disable-next-line import/no-unassigned-import -- a stylesheet exports nothing
import './site.css'

export default { extends: DefaultTheme, Layout }
