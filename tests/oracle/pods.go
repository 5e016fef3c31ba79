package main

import "encoding/json"

// carrier is as much of any object as it takes to find the pods in it.
type carrier struct {
	Kind     string            `json:"kind"`
	Metadata json.RawMessage   `json:"metadata"`
	Spec     json.RawMessage   `json:"spec"`
	Template json.RawMessage   `json:"template"`
	Items    []json.RawMessage `json:"items"`
}

// podContent is a pod, or a pod template: what a patch can reach.
type podContent struct {
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Spec     json.RawMessage `json:"spec,omitempty"`
}

// podsOf finds the pods in a JSON object of any kind. Text that is no object holds none.
func podsOf(text []byte) []json.RawMessage {
	var object carrier
	if json.Unmarshal(text, &object) != nil {
		return nil
	}
	switch object.Kind {
	case "List":
		return podsOfItems(object.Items)
	case "Pod":
		return asPod(text)
	case "PodTemplate":
		return asPod(object.Template)
	case "CronJob":
		return asPod(templateOf(jobOf(object.Spec)))
	}
	if podKinds[object.Kind] {
		return asPod(templateOf(object.Spec))
	}
	return nil
}

func podsOfItems(items []json.RawMessage) []json.RawMessage {
	var pods []json.RawMessage
	for _, item := range items {
		pods = append(pods, podsOf(item)...)
	}
	return pods
}

// templateOf is the pod template of a workload's spec.
func templateOf(spec json.RawMessage) json.RawMessage {
	var workload struct {
		Template json.RawMessage `json:"template"`
	}
	if json.Unmarshal(spec, &workload) != nil {
		return nil
	}
	return workload.Template
}

// jobOf is the job's spec in a CronJob's.
func jobOf(spec json.RawMessage) json.RawMessage {
	var cronJob struct {
		JobTemplate struct {
			Spec json.RawMessage `json:"spec"`
		} `json:"jobTemplate"`
	}
	if json.Unmarshal(spec, &cronJob) != nil {
		return nil
	}
	return cronJob.JobTemplate.Spec
}

// asPod keeps the metadata and spec of a pod, if there is a spec.
func asPod(text json.RawMessage) []json.RawMessage {
	var pod podContent
	if json.Unmarshal(text, &pod) != nil || len(pod.Spec) == 0 {
		return nil
	}
	written, err := json.Marshal(pod)
	if err != nil {
		return nil
	}
	return []json.RawMessage{written}
}
