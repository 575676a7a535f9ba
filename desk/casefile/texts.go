package casefile

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"atalaya/geo"
	"atalaya/rule"
)

// Language of a file for people.
type Language string

// The languages.
const (
	Spanish Language = "es"
	English Language = "en"
)

// of chooses a text of the program, which comes in both languages.
func (l Language) of(t rule.Text) string {
	if l == English {
		return t.EN
	}
	return t.ES
}

// t gives a text of the page. One that is not listed is given as it is: names
// that detectors and rules may have one day.
func (l Language) t(key string) string {
	pair, ok := texts[key]
	switch {
	case !ok:
		return key
	case l == English:
		return pair[1]
	}
	return pair[0]
}

// number writes a number with so many digits, and with the language's comma.
func (l Language) number(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if l == Spanish {
		s = strings.ReplaceAll(s, ".", ",")
	}
	return s
}

// metres writes a length.
func (l Language) metres(m float64) string {
	if math.Abs(m) >= 10_000 {
		return l.number(m/1000, 1) + " km"
	}
	if math.Abs(m) >= 1000 && math.Mod(m, 1000) == 0 {
		return l.number(m/1000, 0) + " km"
	}
	return l.number(m, 0) + " m"
}

// percent writes a probability; one that is not certain is never rounded to
// 100 %.
func (l Language) percent(p float64) string {
	if p > 0.99 && p < 1 {
		return l.number(math.Floor(p*1000)/10, 1) + " %"
	}
	return l.number(p*100, 0) + " %"
}

// moment writes a time. Times are UTC in both languages: a file may be read
// anywhere.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05") }

// place writes degrees and decimal minutes to a thousandth, in no language.
func place(p geo.Position) string {
	one := func(v float64, width int, plus, minus string) string {
		thousandths := int(math.Round(math.Abs(v) * 60_000))
		letter := plus
		if v < 0 {
			letter = minus
		}
		return fmt.Sprintf("%0*d°%02d.%03d′ %s", width, thousandths/60_000, thousandths%60_000/1000, thousandths%1000, letter)
	}
	return one(p.Lat, 2, "N", "S") + " " + one(p.Lon, 3, "E", "W")
}

// texts are the texts of the page, Spanish and English.
//
//nolint:gochecknoglobals // constant table
var texts = map[string][2]string{
	"exercise":   {"EJERCICIO: todo lo que muestra es simulado", "EXERCISE: everything in it is simulated"},
	"case":       {"Caso", "Case"},
	"export":     {"Exportación", "Export"},
	"made":       {"Hecha", "Made"},
	"by":         {"por", "by"},
	"program":    {"el programa", "the program"},
	"state":      {"Estado", "State"},
	"open":       {"abierto", "open"},
	"closed":     {"cerrado", "closed"},
	"outcome":    {"Resultado", "Outcome"},
	"true":       {"cierto: pasó", "true: it happened"},
	"explained":  {"explicado: pasó y era lícito o inofensivo", "explained: it happened and was lawful or harmless"},
	"false":      {"falso: no pasó", "false: it did not happen"},
	"unknown":    {"sin aclarar", "unknown"},
	"version":    {"Versión", "Version"},
	"opened":     {"Abierto", "Opened"},
	"changed":    {"Último cambio", "Last change"},
	"who":        {"Quién decidió qué y cuándo", "Who decided what, and when"},
	"evidence":   {"Evidencia", "Evidence"},
	"noevidence": {"El caso no tiene evidencia.", "The case has no evidence."},
	"hashes":     {"Huellas", "Hashes"},
	"hashesText": {
		"SHA-256 de cada parte en su forma canónica (RFC 8785). Una exportación JSON de la misma versión del caso trae las mismas partes, y cualquiera puede volver a calcularlas.",
		"SHA-256 of each part in its canonical form (RFC 8785). A JSON export of the same version of the case has the same parts, and anybody can compute them again.",
	},
	"manifest": {"Índice de todas las partes", "Manifest of all parts"},
	"missing":  {"No está en el archivo", "Not in the file"},
	"entered":  {"Ingresada", "Entered"},
	"note":     {"Nota", "Note"},
	"why":      {"por qué", "why"},

	"entry.opened": {"abrió el caso", "opened the case"}, "entry.renamed": {"cambió el título", "changed the title"},
	"entry.evidence": {"ingresó evidencia", "entered evidence"}, "entry.noted": {"anotó", "noted"},
	"entry.decided": {"decidió", "decided"}, "entry.closed": {"cerró el caso", "closed the case"},
	"entry.reopened": {"reabrió el caso", "reopened the case"}, "entry.exported": {"exportó el caso", "exported the case"},

	"kind.track": {"Traza", "Track"}, "kind.finding": {"Hallazgo", "Finding"}, "kind.alert": {"Alerta", "Alert"},
	"kind.report": {"Avistamiento", "Sighting"}, "kind.task": {"Tarea", "Task"}, "kind.observation": {"Observación", "Observation"},

	"priority": {"Prioridad", "Priority"}, "priority.1": {"baja", "low"}, "priority.2": {"media", "medium"},
	"priority.3": {"alta", "high"}, "priority.4": {"máxima", "top"},
	"probability": {"Probabilidad", "Probability"}, "where": {"Dónde", "Where"}, "when": {"Cuándo", "When"},
	"error": {"Error (95 de 100)", "Error (95 of 100)"}, "speed": {"Velocidad", "Speed"}, "course": {"Rumbo", "Course"},
	"existence": {"Existencia", "Existence"}, "claims": {"Dice ser", "It claims to be"}, "honest": {"honesto", "honest"},
	"sensors": {"Sensores", "Sensors"}, "unproven": {"emisor sin comprobar", "sender unproven"}, "foreign": {"ajena: solo la cuentan trazas de otro sistema", "foreign: told by another system's tracks only"}, "rule": {"Regla", "Rule"},
	"inputs": {"Observaciones", "Observations"}, "area": {"Línea o zona", "Line or area"}, "accuracy": {"error de la línea ±", "error of the line ±"},
	"demonstration": {"DEMOSTRACIÓN: no prueba nada", "DEMONSTRATION: it proves nothing"},
	"withdrawn":     {"Retirada: datos llegados después la contradicen.", "Withdrawn: later data contradict it."},
	"possible":      {"Solo posible: se apoya en una línea de demostración.", "Only possible: it rests on a demonstration line."},
	"explains":      {"Permiso que lo explicaría", "Permit that would explain it"},
	"history":       {"Qué pasó con ella", "What became of it"},
	"points":        {"Puntos", "Points"}, "ofpoints": {"de", "of"}, "span": {"Desde y hasta", "From and to"},

	"change.raised": {"avisada", "raised"}, "change.withdrawn": {"retirada", "withdrawn"}, "change.restored": {"vale otra vez", "stands again"},
	"change.lowered": {"rebajada por un permiso", "lowered by a permit"}, "change.grouped": {"reunida en un incidente", "put into an incident"},
	"change.escalated": {"elevada al supervisor", "put before the supervisor"}, "change.shelved": {"apartada", "shelved"},
	"change.unshelved": {"devuelta a la lista", "taken off the shelf"}, "change.returned": {"de vuelta: acabó su tiempo", "back: its time was over"},
	"change.acknowledged": {"atendida", "acknowledged"}, "change.attached": {"unida a un caso", "attached to a case"},
	"change.closed": {"cerrada", "closed"}, "change.cleared": {"resuelta", "cleared"},

	"reporter": {"Quién lo vio", "Who saw it"}, "means": {"Medio", "Means"}, "means.radio": {"radio", "radio"}, "means.telephone": {"teléfono", "telephone"},
	"means.eye": {"a la vista", "by eye"}, "means.other": {"otro", "other"}, "seen": {"Visto", "Seen"}, "told": {"Comunicado", "Told"},
	"grade": {"Calificación", "Grade"}, "count": {"Cuántos", "How many"}, "called": {"Nombre", "Name"}, "what": {"Qué", "What"}, "versions": {"Versiones", "Versions"},

	"thing.unknown": {"sin clasificar", "unknown"}, "thing.vessel": {"embarcación", "vessel"}, "thing.aircraft": {"avión", "aircraft"},
	"thing.rotorcraft": {"helicóptero", "rotorcraft"}, "thing.glider": {"planeador", "glider"}, "thing.drone": {"dron", "drone"},
	"thing.vehicle": {"vehículo", "vehicle"}, "thing.walker": {"a pie", "on foot"},

	"asset": {"A quién", "To whom"}, "order": {"Orden", "Order"}, "due": {"Para las", "Due"}, "overdue": {"vencida", "overdue"},
	"task.draft": {"borrador", "draft"}, "task.authorised": {"autorizada", "authorised"}, "task.accepted": {"aceptada", "accepted"},
	"task.on-scene": {"en el lugar", "on scene"}, "task.done": {"cumplida", "done"}, "task.failed": {"fallida", "failed"},
	"step.drafted": {"escrita", "drafted"}, "step.authorised": {"autorizada", "authorised"}, "step.sent": {"transmitida", "sent"},
	"step.read-back": {"repetida por quien la recibe", "read back"}, "step.accepted": {"aceptada", "accepted"}, "step.on-scene": {"en el lugar", "on scene"},
	"step.done": {"cumplida", "done"}, "step.failed": {"fallida", "failed"}, "step.postponed": {"postergada", "postponed"},
	"step.noted": {"anotada", "noted"}, "step.overdue": {"vencida", "overdue"},

	"sensor": {"Sensor", "Sensor"}, "feed": {"Fuente", "Feed"}, "received": {"Recibida", "Received"}, "hash": {"Huella del mensaje", "Hash of the message"},
	"map": {"Mapa", "Map"}, "chart": {"Velocidad en el tiempo", "Speed over time"}, "north": {"N", "N"},
	"legend": {
		"Norte arriba. Línea gris punteada: frontera del mapa, de orientación. Línea roja con su banda: la línea o zona de la evidencia y su error. Elipse: dónde estaba, con 95 de 100. Cruz: el lugar. Círculo claro: comienzo; oscuro: fin. Horas en UTC.",
		"North is up. Dotted grey line: border of the map, for orientation. Red line with its band: the line or area of the evidence and its error. Ellipse: where it was, with 95 of 100. Cross: the place. Light circle: begin; dark: end. Times are UTC.",
	},
	"licence": {
		"Mapa: GSHHG 2.3.7 (LGPL-3.0-or-later) y GeoNames (CC BY 4.0).",
		"Map: GSHHG 2.3.7 (LGPL-3.0-or-later) and GeoNames (CC BY 4.0).",
	},
}
