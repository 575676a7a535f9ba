// What went wrong, and what to do next; named by the code of the server's answer.
import type { Same } from './same'

export const es = {
  'problem.unreachable': 'El servidor no responde. Revise la conexión e intente otra vez.',
  'problem.unknown': 'El servidor respondió con el error {status}. Intente otra vez.',
  'problem.wrong-credentials': 'El nombre o la contraseña no son correctos. Intente otra vez o pida un enlace nuevo a quien administra.',
  'problem.too-many-attempts': 'Demasiados intentos. Espere un momento e intente otra vez.',
  'problem.not-signed-in': 'La sesión terminó. Entre otra vez.',
  'problem.storage-full': 'El disco está lleno y no se cambió nada. Libere espacio o avise a quien administra; luego intente otra vez.',
  'problem.alert-state': 'Otra persona ya cambió esta alerta. Mire su estado actual.',
  'problem.conflict': 'Algo cambió mientras tanto. Mire el estado actual e intente otra vez.',
  'problem.forbidden': 'Su rol no permite esto. Pídalo a quien pueda hacerlo.',
  'problem.not-found': 'Ya no existe o el enlace no vale. Pida uno nuevo.',
  'problem.locked': 'La sesión está bloqueada. Desbloquéela con su contraseña o su llave de acceso.',
  'problem.asked-second-person': 'Queda pedido: se hará cuando otra persona lo apruebe, en Personas, Aprobaciones.',
  'problem.second-person': 'Esto necesita la aprobación de una segunda persona.',
  'problem.passkey': 'La llave de acceso no respondió bien. Intente otra vez o use otra.',
  'problem.passkey-refused': 'No se usó ninguna llave de acceso. Intente otra vez o use su contraseña.',
  'problem.passkey-known': 'Este dispositivo ya tiene una llave de acceso para esta cuenta.',
  'problem.no-passkeys': 'Aquí no es posible usar llaves de acceso. Abra Atalaya con su nombre, no con números.',
  'problem.noWebGL': 'Este navegador no puede dibujar el mapa (falta WebGL 2). La lista y las alertas funcionan.',
} as const

export const en: Same<typeof es> = {
  'problem.unreachable': 'The server does not answer. Check the connection and try again.',
  'problem.unknown': 'The server answered with error {status}. Try again.',
  'problem.wrong-credentials': 'Name or password is wrong. Try again, or ask an administrator for a new link.',
  'problem.too-many-attempts': 'Too many attempts. Wait a moment and try again.',
  'problem.not-signed-in': 'The session is over. Sign in again.',
  'problem.storage-full': 'The disk is full and nothing was changed. Free space or tell an administrator, then try again.',
  'problem.alert-state': 'Somebody else has changed this alert. Look at its present state.',
  'problem.conflict': 'Something changed in between. Look at the present state and try again.',
  'problem.forbidden': 'Your role does not allow this. Ask somebody whose role does.',
  'problem.not-found': 'It no longer exists, or the link is not valid. Ask for a new one.',
  'problem.locked': 'The session is locked. Unlock it with your password or passkey.',
  'problem.asked-second-person': 'It is asked for: it will be done when another person approves it, under People, Approvals.',
  'problem.second-person': 'This needs the approval of a second person.',
  'problem.passkey': 'The passkey did not answer rightly. Try again, or use another one.',
  'problem.passkey-refused': 'No passkey was used. Try again, or use your password.',
  'problem.passkey-known': 'This device has a passkey for this account already.',
  'problem.no-passkeys': 'Passkeys are not possible here. Open Atalaya by its name, not by numbers.',
  'problem.noWebGL': 'This browser cannot draw the map (no WebGL 2). The list and the alerts work.',
}
