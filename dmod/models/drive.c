/* The steps of one compiled module without Python between them: values in, a step, values out, over any part of a run.
 *
 * A variable goes through the module's own array once that was seen to work, and by its name before and otherwise: a
 * module may give no array, a copy, or a new array at each step. It is the same way that dmod.models.pointers goes.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LOOKS = 3 }; /* steps after which an array is trusted until the end */
enum { UPDATE, UNTIL, UNTIL_BY_REFERENCE };

typedef struct {
    const char *name;
    int (*by_name)(void *self, const char *name, void *values); /* get_value or set_value */
    int (*where)(void *self, const char *name, void **array);   /* get_value_ptr, NULL if there is none */
    void *array;                                                /* the module's own, NULL if it gives none */
    void *buffer;                                               /* ours, as long as the variable */
    double *series;                                             /* the values of step 0 */
    int64_t stride;                                             /* from one step's values to the next one's */
    int64_t width;                                              /* values in the series at each step: 1 or `size` */
    int64_t size;                                               /* values of the variable */
    double factor, offset;                                      /* from the series to the variable */
    int32_t convert;                                            /* whether there is such a way to go */
    int32_t kind;                                               /* 'd', 'f', then signed and unsigned integers */
    int32_t bound;                                              /* whether the array is trusted */
    int32_t reserved;
} Port;

typedef struct {
    void *self;
    void *step;         /* update or update_until */
    int64_t way;        /* UPDATE, ... */
    double start, span; /* the module's time before the run, and its length of a step, for update_until */
    Port *in, *out;
    int64_t ins, outs;
    int64_t *place; /* where this process is: the step, then the note */
    const char *note;
    int64_t note_size;
    int64_t status; /* of the function that failed */
    int64_t failed; /* -1 the step; 0, 1, ... a port, inputs first */
} Drive;

#define TYPES(CASE) \
    CASE('d', double) CASE('f', float) \
    CASE('b', int8_t) CASE('h', int16_t) CASE('i', int32_t) CASE('l', int64_t) \
    CASE('B', uint8_t) CASE('H', uint16_t) CASE('I', uint32_t) CASE('L', uint64_t)

static void store(void *to, int kind, int64_t size, const double *from, int64_t width)
{
    int64_t i;
#define CASE(letter, type) \
    case letter: for (i = 0; i < size; i++) ((type *)to)[i] = (type)from[width == 1 ? 0 : i]; break;
    switch (kind) { TYPES(CASE) }
#undef CASE
}

static void fetch(double *to, int kind, int64_t size, const void *from)
{
    int64_t i;
#define CASE(letter, type) case letter: for (i = 0; i < size; i++) to[i] = (double)((const type *)from)[i]; break;
    switch (kind) { TYPES(CASE) }
#undef CASE
}

static int bytes(int kind)
{
#define CASE(letter, type) case letter: return sizeof(type);
    switch (kind) { TYPES(CASE) default: return 1; }
#undef CASE
}

static void *ask(void *self, const Port *port)
{
    void *array = NULL;
    if (!port->where || port->where(self, port->name, &array))
        return NULL;
    return array;
}

/* Give the module the values of a step. */
static int put(void *self, Port *port, int64_t step)
{
    const double *from = port->series + step * port->stride;
    double value;
    int64_t i, length = port->size * bytes(port->kind);
    int status, differs;
    if (port->width == 1) { /* also for all values of an array */
        value = port->convert ? *from * port->factor + port->offset : *from;
        if (port->bound && port->kind == 'd' && port->size == 1) {
            *(double *)port->array = value;
            return 0;
        }
        store(port->bound ? port->array : port->buffer, port->kind, port->size, &value, 1);
    } else if (!port->convert) {
        store(port->bound ? port->array : port->buffer, port->kind, port->size, from, port->width);
    } else {
        for (i = 0; i < port->size; i++) {
            value = from[i] * port->factor + port->offset;
            store((char *)(port->bound ? port->array : port->buffer) + i * bytes(port->kind), port->kind, 1, &value, 1);
        }
    }
    if (port->bound)
        return 0;
    differs = port->array && memcmp(port->array, port->buffer, length);
    status = port->by_name(self, port->name, port->buffer);
    if (!status && differs) { /* only what changes shows whether the array follows */
        port->bound = !memcmp(port->array, port->buffer, length);
        port->array = port->bound ? port->array : NULL;
    }
    return status;
}

/* Take the values after a step. */
static int get(void *self, Port *port, int64_t step)
{
    double *to = port->series + step * port->stride;
    void *before = port->array;
    int status;
    if (!port->bound && port->array)
        port->array = ask(self, port);
    if (port->array) {
        if (port->kind == 'd' && port->size == 1)
            *to = *(double *)port->array;
        else
            fetch(to, port->kind, port->size, port->array);
        if (step < LOOKS)
            port->bound = port->array == before;
        return 0;
    }
    status = port->by_name(self, port->name, port->buffer);
    fetch(to, port->kind, port->size, port->buffer);
    return status;
}

static int advance(const Drive *drive, int64_t step)
{
    double time = drive->start + (double)(step + 1) * drive->span;
    switch (drive->way) {
    case UNTIL: return ((int (*)(void *, double))drive->step)(drive->self, time);
    case UNTIL_BY_REFERENCE: return ((int (*)(void *, double *))drive->step)(drive->self, &time);
    default: return ((int (*)(void *))drive->step)(drive->self);
    }
}

/* Take the steps from `begin` to before `end`; gives the one that could not be taken, or `end`. */
int64_t dmod_drive(Drive *drive, int64_t begin, int64_t end)
{
    int64_t step, at;
    memcpy(drive->place + 1, drive->note, drive->note_size);
    for (step = begin; step < end; step++) {
        *(volatile int64_t *)drive->place = step; /* before the module may bring us down */
        for (at = 0; at < drive->ins; at++)
            if ((drive->status = put(drive->self, &drive->in[at], step)))
                return drive->failed = at, step;
        if ((drive->status = advance(drive, step)))
            return drive->failed = -1, step;
        for (at = 0; at < drive->outs; at++)
            if ((drive->status = get(drive->self, &drive->out[at], step)))
                return drive->failed = drive->ins + at, step;
        if (step < LOOKS)
            for (at = 0; at < drive->ins; at++)
                drive->in[at].bound = drive->in[at].bound && ask(drive->self, &drive->in[at]) == drive->in[at].array;
    }
    return end;
}

/* The same for several modules that take each step together; `which` is the module that could not. */
int64_t dmod_drive_together(Drive **drives, int64_t count, int64_t begin, int64_t end, int64_t *which)
{
    int64_t step;
    for (step = begin; step < end; step++)
        for (*which = 0; *which < count; ++*which)
            if (dmod_drive(drives[*which], step, step + 1) != step + 1)
                return step;
    return end;
}

/* The first port whose trusted array is another one by now, inputs first; -1 if there is none. */
int64_t dmod_drive_stale(const Drive *drive)
{
    int64_t at;
    for (at = 0; at < drive->ins + drive->outs; at++) {
        const Port *port = at < drive->ins ? &drive->in[at] : &drive->out[at - drive->ins];
        if (port->bound && ask(drive->self, port) != port->array)
            return at;
    }
    return -1;
}
