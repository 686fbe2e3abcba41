/** What the page says of who uses it. */
import { learn } from './known'
import type { Title } from '../title'

export const identityMessages = {
  thisMachineWhy: {
    zh: '平台只对本机开放,本机的页面以操作员身份使用。以密钥或令牌登录后,改动记在其名下。',
    en: 'The platform is open to this machine only, whose pages act as the operator. Signed in by a key or token, what you change is entered under that name.',
  },
  credentialLabel: { zh: '密钥或令牌', en: 'Key or token' },
  credentialHint: {
    zh: '安全管理员发放的密钥(omk_ 开头),或本市身份认证的令牌。只保存在这个标签页,关闭即忘;不进链接,不进日志。',
    en: 'A key from the security administrator (omk_…), or a token of the city’s identity provider. Kept in this tab alone until it is closed; never in a link or a log.',
  },
  showCredential: { zh: '显示', en: 'Show' },
  checking: { zh: '正在核对', en: 'Checking' },
  unsendable: {
    zh: '密钥和令牌只含字母、数字和符号,没有空格和汉字:请重新复制。',
    en: 'Keys and tokens have letters, digits and marks only, no spaces: copy it again.',
  },
  nothingGiven: { zh: '请粘贴密钥或令牌。', en: 'Paste a key or a token.' },
  signOut: { zh: '退出登录', en: 'Sign out' },
  signOutLosing: { zh: '退出并丢弃未保存的编辑', en: 'Sign out and discard the unsaved edit' },
  signOutLoses: {
    zh: '有未保存的编辑,退出会丢弃它:请先保存或提交。',
    en: 'There is an unsaved edit, which signing out discards: save or submit it first.',
  },
  subject: { zh: '名称', en: 'Name' },
  department: { zh: '部门', en: 'Department' },
  noDepartment: { zh: '无', en: 'none' },
  roles: { zh: '角色', en: 'Roles' },
  editableLayers: { zh: '可编辑', en: 'May edit' },
  layerCount: { zh: '{count} 个图层', en: '{count} layers' },
  roleReader: { zh: '读取', en: 'reader' },
  roleEditor: { zh: '编辑', en: 'editor' },
  roleSteward: { zh: '主管', en: 'steward' },
  roleSecurityAdministrator: { zh: '安全管理员', en: 'security administrator' },
  roleAuditor: { zh: '审计员', en: 'auditor' },
} satisfies Record<string, Title>

learn(identityMessages)
