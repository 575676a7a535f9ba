package casework

import (
	"fmt"

	"atalaya/rule"
)

// Sentences of the alerts that the desk itself raises. Times are UTC.

const clock = "15:04"

func overdueText(t *Task) rule.Text {
	es := map[TaskState]string{Draft: "no fue autorizada", Authorised: "no fue aceptada", Accepted: "fue aceptada y nadie está en el lugar"}[t.State]
	en := map[TaskState]string{Draft: "was not authorised", Authorised: "was not accepted", Accepted: "was accepted and nobody is on scene"}[t.State]
	if t.State == Authorised && !t.has(Sent) {
		es, en = "no fue transmitida", "was not sent"
	}
	return rule.Text{
		ES: fmt.Sprintf("La tarea %s para «%s» vencía a las %s UTC y %s: «%s».", t.ID, t.AssetName, t.Due.UTC().Format(clock), es, t.Text),
		EN: fmt.Sprintf("Task %s for “%s” was due at %s UTC and %s: “%s”.", t.ID, t.AssetName, t.Due.UTC().Format(clock), en, t.Text),
	}
}

func overdueExpected(t *Task) rule.Text {
	return rule.Text{
		ES: fmt.Sprintf("Llame a %s; anote el paso que sigue, postergue la tarea con su razón o ciérrela como fallida.", t.To),
		EN: fmt.Sprintf("Call %s; enter the next step, postpone the task with a reason, or end it as failed.", t.To),
	}
}
