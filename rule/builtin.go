package rule

import (
	"time"

	"atalaya/area"
	"atalaya/valid"
)

// Detectors that the program has. Those of findings stand in package watch
// under the same names; the others watch the desk and the system.
const (
	Distress         Detector = "distress"
	DistressEnded    Detector = "distress-ended"
	BorderCrossing   Detector = "border-crossing"
	OwnNearBorder    Detector = "own-near-border"
	OwnOverBorder    Detector = "own-over-border"
	AreaEntry        Detector = "area-entry"
	AreaExit         Detector = "area-exit"
	IdentityConflict Detector = "identity-conflict"

	Flood       Detector = "flood"        // too many alerts at once: an incident
	TaskOverdue Detector = "task-overdue" // a task that nobody reported about in time

	NoticeDue Detector = "notice-due" // a neighbour is to be told soon, and was not yet

	// EmergencyAuthority: one person signed an authority, and nobody reviewed it yet.
	EmergencyAuthority Detector = "emergency-authority"

	FeedSilent   Detector = "feed-silent"
	FeedDegraded Detector = "feed-degraded"
	FeedRefused  Detector = "feed-refused"
	Storage      Detector = "storage"
	Clock        Detector = "clock"
	Lag          Detector = "lag"
	Webhook      Detector = "webhook"
)

// System reports whether the detector watches the system itself.
func (d Detector) System() bool {
	switch d {
	case FeedSilent, FeedDegraded, FeedRefused, Storage, Clock, Lag, Webhook:
		return true
	default:
		return false
	}
}

// BuiltIn gives the rules that the program comes with, at least one for each
// of its detectors. They are to be looked at again a year after they came.
func BuiltIn(now time.Time) []Rule {
	const year = 365 * 24 * time.Hour
	out := append(forTracks(), append(forAreas(), append(forDesk(), forSystem()...)...)...)
	for i := range out {
		r := &out[i]
		r.Valid = valid.Record{Number: 1, Known: now, By: "atalaya", Reason: "comes with the program"}
		r.Review = now.Add(year).Truncate(24 * time.Hour)
		if r.Owner == "" {
			r.Owner = "Jefe de sala"
		}
	}
	return out
}

func forTracks() []Rule {
	const soon, late = 10 * time.Minute, time.Hour
	return []Rule{
		{
			ID: "distress", Detector: Distress, Kind: Alert, Priority: Top, Deadline: 2 * time.Minute,
			Name:      Text{ES: "Llamada de auxilio", EN: "Call for help"},
			Rationale: Text{ES: "Hay vidas en peligro: va antes que todo, sea quien sea.", EN: "Lives are in danger: it goes before everything, whoever it is."},
			Response: Text{
				ES: "Iniciar el rescate ahora: confirmar la posición, avisar a búsqueda y salvamento, enviar la lancha más cercana.",
				EN: "Begin the rescue now: confirm the position, tell search and rescue, send the nearest boat.",
			},
		},
		{
			ID: "distress-ended", Detector: DistressEnded, Kind: Notice, Priority: Medium, Off: soon,
			Name:      Text{ES: "Ya no pide auxilio", EN: "Call for help ended"},
			Rationale: Text{ES: "Una baliza que calla no prueba que estén a salvo.", EN: "A beacon that falls silent does not prove that they are safe."},
			Response:  Text{ES: "Confirmar que están a salvo antes de cerrar la alerta.", EN: "Confirm that they are safe before closing the alert."},
		},
		{
			ID: "border-crossing", Detector: BorderCrossing, Kind: Alert, Priority: High, Deadline: 5 * time.Minute, Off: soon,
			Name:      Text{ES: "Cruce de frontera fuera de puestos y carriles", EN: "Border crossing outside posts and lanes"},
			Rationale: Text{ES: "Quien cruza donde no hay puesto evita el control: contrabando, trata o necesidad.", EN: "Who crosses where there is no post avoids control: contraband, trafficking or need."},
			Response: Text{
				ES: "Identificar la embarcación o persona, avisar a la patrulla y cerrar con un resultado.",
				EN: "Identify it, tell the patrol, and close with an outcome.",
			},
		},
		{
			ID: "own-near-border", Detector: OwnNearBorder, Kind: Alert, Priority: Medium, Deadline: 5 * time.Minute, Off: soon,
			Name:      Text{ES: "Lo nuestro cerca de la frontera", EN: "Ours near the border"},
			Rationale: Text{ES: "Una patrulla que pasa la línea por error es un incidente entre Estados.", EN: "A patrol that passes the line by mistake is an incident between states."},
			Response:  Text{ES: "Avisar a la tripulación.", EN: "Tell the crew."},
		},
		{
			ID: "own-over-border", Detector: OwnOverBorder, Kind: Alert, Priority: High, Deadline: 2 * time.Minute, Off: soon,
			Name:      Text{ES: "Lo nuestro al otro lado de la frontera", EN: "Ours over the border"},
			Rationale: Text{ES: "Está en territorio ajeno: cada minuto cuenta ante el vecino.", EN: "It is on foreign territory: every minute counts with the neighbour."},
			Response:  Text{ES: "Hacerlo volver y avisar al enlace del vecino.", EN: "Bring it back, and tell the neighbour's liaison."},
		},
		{
			ID: "identity-conflict", Detector: IdentityConflict, Kind: Notice, Priority: Low, Off: late,
			Name:      Text{ES: "Identidad dudosa", EN: "Doubtful identity"},
			Rationale: Text{ES: "Una identidad en dos lugares es un error o un engaño; no prueba nada malo de ninguno.", EN: "One identity in two places is an error or a lie; it proves nothing bad about either."},
			Response:  Text{ES: "Tener en cuenta que la identidad es dudosa.", EN: "Bear in mind that the identity is doubtful."},
		},
	}
}

func forAreas() []Rule {
	const soon, late = 10 * time.Minute, time.Hour
	onRecord := Text{ES: "Nada; queda registrado.", EN: "Nothing; it is on record."}
	return []Rule{
		{
			ID: "entry-watched", Detector: AreaEntry, AreaKind: area.Watched, Kind: Alert, Priority: Medium,
			Deadline: 10 * time.Minute, On: 2 * time.Second, Off: soon,
			Name:      Text{ES: "Entrada en zona vigilada", EN: "Entry into a watched area"},
			Rationale: Text{ES: "Alguien dibujó la zona porque nadie debe estar allí.", EN: "Somebody drew the area because nobody should be there."},
			Response:  Text{ES: "Comprobar qué hace allí y cerrar con un resultado.", EN: "Check what it does there, and close with an outcome."},
		},
		{
			ID: "entry-border-strip", Detector: AreaEntry, AreaKind: area.BorderStrip, Kind: Notice, Priority: Low, On: 5 * time.Second, Off: late,
			Name:      Text{ES: "Entrada en la franja fronteriza", EN: "Entry into the border strip"},
			Rationale: Text{ES: "Quien se acerca a la línea puede cruzarla; casi todos pescan.", EN: "Who comes near the line may cross it; nearly all are fishing."},
			Response:  Text{ES: "Tenerlo a la vista.", EN: "Keep it in view."},
		},
		{
			ID: "entry-fishing-zone", Detector: AreaEntry, AreaKind: area.FishingZone, Kind: Insight, Priority: Low, Off: late,
			Name:      Text{ES: "Entrada en zona de pesca", EN: "Entry into a fishing zone"},
			Rationale: Text{ES: "Para saber cuántos pescan, cuándo y dónde; en la sala no se avisa.", EN: "To know how many fish, when and where; the room is not told."},
			Response:  onRecord,
		},
		{
			ID: "entry-no-look", Detector: AreaEntry, AreaKind: area.NoLook, Kind: Insight, Priority: Low, Off: late,
			Name:      Text{ES: "Entrada en zona donde no se mira", EN: "Entry into an area where nobody looks"},
			Rationale: Text{ES: "Allí vive gente: quién entra no es asunto de la sala.", EN: "People live there: who enters is no matter of the room."},
			Response:  onRecord,
		},
		{
			ID: "exit", Detector: AreaExit, Kind: Insight, Priority: Low, Off: soon,
			Name:      Text{ES: "Salida de una zona", EN: "Exit from an area"},
			Rationale: Text{ES: "Completa la entrada: cuánto tiempo estuvo dentro.", EN: "It completes the entry: how long it was inside."},
			Response:  onRecord,
		},
	}
}

func forDesk() []Rule {
	return []Rule{
		{
			ID: "flood", Detector: Flood, Kind: Alert, Priority: High, Deadline: 5 * time.Minute,
			Name:      Text{ES: "Incidente: demasiadas alertas a la vez", EN: "Incident: too many alerts at once"},
			Rationale: Text{ES: "Nadie atiende más de diez alertas en diez minutos: se reúnen, se cuentan y ninguna se pierde.", EN: "Nobody handles more than ten alerts in ten minutes: they are collected, counted, and none is lost."},
			Response: Text{
				ES: "Buscar la causa común, atender el incidente y pedir ayuda; después, cerrar cada alerta.",
				EN: "Look for the common cause, acknowledge the incident and ask for help; then close each alert.",
			},
		},
		{
			ID: "task-overdue", Detector: TaskOverdue, Kind: Alert, Priority: High, Deadline: 5 * time.Minute,
			Name:      Text{ES: "Tarea sin noticias", EN: "Task without news"},
			Rationale: Text{ES: "Quien fue enviado y calla puede estar en peligro.", EN: "Who was sent and is silent may be in danger."},
			Response:  Text{ES: "Llamar a la lancha o patrulla; si no responde, enviar a otra.", EN: "Call the boat or patrol; if there is no answer, send another."},
		},
		{
			ID: "notice-due", Detector: NoticeDue, Kind: Alert, Priority: High, Deadline: 5 * time.Minute,
			Name:      Text{ES: "Aviso a un vecino por vencer", EN: "Notice to a neighbour runs out"},
			Rationale: Text{ES: "Lo prometido a un vecino se cumple a tiempo: lo que se pasa, lo ve cualquiera.", EN: "What was promised to a neighbour is done in time: everybody sees what was not."},
			Response:  Text{ES: "Dar el aviso y anotar cómo; si está sellado, abrirlo.", EN: "Give the notice and note how; open it where it is sealed."},
		},
		{
			ID: "emergency-authority", Detector: EmergencyAuthority, Kind: Alert, Priority: High, Deadline: 5 * time.Minute,
			Name:      Text{ES: "Autorización de emergencia", EN: "Emergency authority"},
			Rationale: Text{ES: "Una persona sola autorizó a observar: que las demás lo sepan en seguida.", EN: "One person alone authorised observing: the others are to know at once."},
			Response:  Text{ES: "Leerla y revisarla, o revocarla.", EN: "Read it and review it, or revoke it."},
		},
	}
}

func forSystem() []Rule {
	const brief = 10 * time.Second
	out := []Rule{
		{
			ID: "feed-silent", Detector: FeedSilent, Priority: Medium, On: brief, Off: brief,
			Name:      Text{ES: "Fuente sin datos", EN: "Silent feed"},
			Rationale: Text{ES: "Donde nadie mira, una pantalla vacía parece paz.", EN: "Where nobody looks, an empty screen looks like peace."},
			Response:  Text{ES: "Mirar por qué calla en la página de fuentes; avisar al técnico.", EN: "Look on the page of feeds why it is silent; tell the technician."},
		},
		{
			ID: "feed-degraded", Detector: FeedDegraded, Priority: Low, On: 30 * time.Second, Off: 30 * time.Second,
			Name:      Text{ES: "Fuente con fallos", EN: "Degraded feed"},
			Rationale: Text{ES: "Llegan datos, pero faltan o están dañados: se ve menos de lo que parece.", EN: "Data come, but some are missing or damaged: less is seen than it seems."},
			Response:  Text{ES: "Leer el motivo en la página de fuentes; avisar al técnico en horas de trabajo.", EN: "Read the reason on the page of feeds; tell the technician in working hours."},
		},
		{
			ID: "feed-refused", Detector: FeedRefused, Priority: Medium, On: brief, Off: brief,
			Name:      Text{ES: "Fuente rechazada", EN: "Refused feed"},
			Rationale: Text{ES: "Alguien envía y no es quien debe, o su sensor no está registrado.", EN: "Somebody sends who should not, or whose sensor is not registered."},
			Response:  Text{ES: "Leer el motivo en la página de fuentes; no dar por bueno lo que envía.", EN: "Read the reason on the page of feeds; do not trust what it sends."},
		},
		{
			ID: "storage", Detector: Storage, Priority: High, On: time.Second, Off: brief,
			Name:      Text{ES: "Almacenamiento", EN: "Storage"},
			Rationale: Text{ES: "Sin sitio en el disco no se guarda nada y no se puede decidir.", EN: "Without room on the disk nothing is kept and nobody can decide."},
			Response:  Text{ES: "Hacer sitio en el disco o avisar al administrador; la imagen sigue.", EN: "Make room on the disk or tell the administrator; the picture goes on."},
		},
		{
			ID: "clock", Detector: Clock, Priority: Low, On: time.Minute, Off: time.Minute,
			Name:      Text{ES: "Reloj", EN: "Clock"},
			Rationale: Text{ES: "Con la hora mal, nada de lo escrito sirve de prueba.", EN: "With a wrong time nothing that is written is good evidence."},
			Response:  Text{ES: "Avisar al administrador: el equipo debe seguir una fuente de hora.", EN: "Tell the administrator: the computer must follow a time source."},
		},
		{
			ID: "lag", Detector: Lag, Priority: Medium, On: 5 * time.Second, Off: brief,
			Name:      Text{ES: "Imagen atrasada", EN: "Picture late"},
			Rationale: Text{ES: "Lo que se ve ya no es lo que pasa.", EN: "What is seen is no longer what happens."},
			Response:  Text{ES: "No fiarse de las posiciones; avisar al administrador.", EN: "Do not trust the positions; tell the administrator."},
		},
		{
			ID: "webhook", Detector: Webhook, Priority: Medium, On: time.Minute, Off: time.Minute,
			Name:      Text{ES: "Aviso externo", EN: "Outside program"},
			Rationale: Text{ES: "Quien confía en los avisos externos no se entera de las alertas.", EN: "Whoever relies on being told outside does not hear of the alerts."},
			Response:  Text{ES: "Avisar por teléfono a quien los recibe y al administrador; los avisos se repiten solos durante un día.", EN: "Telephone whoever receives them, and the administrator; they are sent again by themselves for a day."},
		},
	}
	for i := range out {
		out[i].Kind, out[i].Owner = Health, "Administrador"
	}
	return out
}
