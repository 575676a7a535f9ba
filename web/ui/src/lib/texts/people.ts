// Who may enter, and as what.
import type { Same } from './same'

export const es = {
  'role.officer': 'oficial',
  'role.supervisor': 'supervisor',
  'role.administrator': 'administrador',
  'role.viewer': 'observador',

  'people.title': 'Personas',
  'account.title': 'Mi cuenta',

  'signIn.title': 'Entrar',
  'signIn.name': 'Nombre',
  'signIn.password': 'Contraseña',
  'signIn.submit': 'Entrar',
  'signIn.waiting': 'Comprobando…',
  'signIn.over': 'La sesión terminó. Entre otra vez.',
  'signIn.hint': 'Las cuentas nuevas se crean con un enlace de un solo uso.',

  'enrol.title': 'Crear su cuenta',
  'enrol.intro': 'Este enlace sirve una sola vez. Elija el nombre y la contraseña con los que entrará.',
  'enrol.password': 'Contraseña (10 caracteres o más)',
  'enrol.again': 'Repita la contraseña',
  'enrol.submit': 'Crear cuenta y entrar',
  'enrol.differ': 'Las dos contraseñas son distintas.',
  'enrol.short': 'La contraseña necesita 10 caracteres o más.',
  'enrol.noToken': 'Al enlace le falta su código. Ábralo completo, tal como se lo dieron.',

  'account.short': 'Cuenta',
} as const

export const en: Same<typeof es> = {
  'role.officer': 'officer',
  'role.supervisor': 'supervisor',
  'role.administrator': 'administrator',
  'role.viewer': 'viewer',

  'people.title': 'People',
  'account.title': 'My account',

  'signIn.title': 'Sign in',
  'signIn.name': 'Name',
  'signIn.password': 'Password',
  'signIn.submit': 'Sign in',
  'signIn.waiting': 'Checking…',
  'signIn.over': 'The session is over. Sign in again.',
  'signIn.hint': 'New accounts are made with a one-time link.',

  'enrol.title': 'Make your account',
  'enrol.intro': 'This link works once. Choose the name and password that you will sign in with.',
  'enrol.password': 'Password (10 characters or more)',
  'enrol.again': 'Password again',
  'enrol.submit': 'Make account and sign in',
  'enrol.differ': 'The two passwords differ.',
  'enrol.short': 'The password needs 10 characters or more.',
  'enrol.noToken': 'The link lacks its code. Open all of it, as it was given to you.',

  'account.short': 'Account',
}
