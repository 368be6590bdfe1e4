/* memory_gone.c - what was open about assets that the site no longer lists, when a run begins: the
 * site file was changed while no sensor ran, so nobody has said yet that it has ended. */
#include "app/memory_internal.h"

#include <errno.h>
#include "alert/incident_pack.h"
#include "profile/profile_pack.h"

struct gone {
	struct subjects *subjects;	/* the site's, and what stands for those that left */
	struct incidents *incidents;	/* of all of them that the state has */
};

static int stand_in(void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct gone *g = arg;
	struct subject_names names;

	if (subject_peek(key, key_len, value, value_len, &names) &&
	    !subjects_restore(g->subjects, names.id, &names.addr, names.zone) &&
	    !subjects_stand_in(g->subjects, names.id, &names.addr))
		return -ENOMEM;
	return 0;
}

static int take_incident(void *arg, const void *key, size_t key_len, const void *value,
			 size_t value_len)
{
	struct gone *g = arg;

	/* What is damaged was counted when the tables were loaded. */
	if (key_len == INCIDENT_KEY_LEN)
		incident_unpack(g->incidents, g->subjects, key, value, value_len);
	return 0;
}

int memory_part_gone(struct memory *m, const struct analysis_parts *parts,
		     const struct analysis_point *point)
{
	struct gone g = { 0 };
	int err = subjects_new(m->site, &g.subjects);

	if (!err)
		err = incidents_new_beside(parts->incidents, &g.incidents);
	if (!err)
		err = state_each(m->state, STATE_SUBJECT, stand_in, &g);
	if (!err)
		err = state_each(m->state, STATE_INCIDENT, take_incident, &g);
	if (!err) {
		incidents_part(g.incidents, parts->incidents, NULL, point->now_ns, point->row);
		incidents_carry(parts->incidents, g.incidents);
	}
	incidents_free(g.incidents);
	subjects_free(g.subjects);
	return err;
}
