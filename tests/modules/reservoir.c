/* A linear reservoir as a BMI module in C: q = k (s + p), and s is what stays; and one that sums an array.
 *
 * Its configuration may make it behave badly: `hide 1` gives no pointers, `fail 5` returns BMI_FAILURE in step 5,
 * `crash 5` dies of SIGSEGV, `exit 5` ends the process, `move 50` takes its arrays elsewhere; `work 30` makes it slow,
 * `full 9` is what stands in it at first, `odd 1` gives it an output without a value;
 * `crash_at_once 1` and `exit_at_once 3` do so while it is set up.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bmi.h"

typedef struct {
    double p, q, k, profile[2];
    float s;
    int n;
    double storage, now, step, end;
    int hide, fail, crash, leave, move, work, odd;
    char time_units[16], units[32];
} Reservoir;

static const char *INPUTS[] = {"p"};
static const char *OUTPUTS[] = {"q", "s", "n", "profile", "odd"};

static Reservoir *of(Bmi *self) { return self->data; }

static int initialize(Bmi *self, const char *config)
{
    Reservoir *r = of(self);
    char key[32], value[32];
    FILE *file;
    if (strcmp(config, "") == 0 || strcmp(config, "/dev/null") == 0)
        return BMI_SUCCESS;
    file = fopen(config, "r");
    if (!file)
        return BMI_FAILURE;
    while (fscanf(file, "%31s %31s", key, value) == 2) {
        if (!strcmp(key, "k")) r->k = atof(value);
        else if (!strcmp(key, "full")) r->storage = atof(value);
        else if (!strcmp(key, "step")) r->step = atof(value);
        else if (!strcmp(key, "end")) r->end = atof(value);
        else if (!strcmp(key, "time_units")) strcpy(r->time_units, value);
        else if (!strcmp(key, "units")) strcpy(r->units, value);
        else if (!strcmp(key, "hide")) r->hide = atoi(value);
        else if (!strcmp(key, "fail")) r->fail = atoi(value);
        else if (!strcmp(key, "crash")) r->crash = atoi(value);
        else if (!strcmp(key, "exit")) r->leave = atoi(value);
        else if (!strcmp(key, "crash_at_once")) raise(SIGSEGV);
        else if (!strcmp(key, "exit_at_once")) exit(atoi(value));
        else if (!strcmp(key, "odd")) r->odd = atoi(value);
        else if (!strcmp(key, "work")) r->work = atoi(value);
        else if (!strcmp(key, "move")) r->move = atoi(value);
        else return fclose(file), BMI_FAILURE;
    }
    fclose(file);
    return BMI_SUCCESS;
}

static int update(Bmi *self)
{
    Reservoir *r = of(self);
    double full = r->storage + r->p;
    int i;
    if (r->n == r->fail)
        return BMI_FAILURE;
    if (r->n == r->crash)
        raise(SIGSEGV);
    if (r->n == r->leave)
        exit(0);
    if (r->n == r->move) {
        Reservoir *other = malloc(sizeof *other);
        memcpy(other, r, sizeof *other);
        self->data = other;
        r = other;
    }
    for (i = 0; i < r->work; i++) /* about 10 ns each, of no effect */
        full += 1e-300 * exp(-full);
    r->q = r->k * full;
    r->storage = full - r->q;
    r->s = (float)r->storage;
    r->profile[0] = r->storage / 4;
    r->profile[1] = r->storage * 3 / 4;
    r->n += 1;
    r->now += r->step;
    return BMI_SUCCESS;
}

static int update_until(Bmi *self, double time)
{
    while (of(self)->now < time - 1e-6)
        if (update(self))
            return BMI_FAILURE;
    return BMI_SUCCESS;
}

static int finalize(Bmi *self)
{
    free(self->data);
    self->data = NULL;
    return BMI_SUCCESS;
}

static int count_in(Bmi *self, int *count) { (void)self; *count = 1; return BMI_SUCCESS; }
static int count_out(Bmi *self, int *count) { *count = of(self)->odd ? 5 : 4; return BMI_SUCCESS; }

static int names_in(Bmi *self, char **names) { (void)self; strcpy(names[0], INPUTS[0]); return BMI_SUCCESS; }

static int names_out(Bmi *self, char **names)
{
    int i;
    for (i = 0; i < (of(self)->odd ? 5 : 4); i++)
        strcpy(names[i], OUTPUTS[i]);
    return BMI_SUCCESS;
}

static void *variable(Reservoir *r, const char *name, const char **type, int *size, int *count)
{
    *type = "double", *size = 8, *count = 1;
    if (!strcmp(name, "p")) return &r->p;
    if (!strcmp(name, "q")) return &r->q;
    if (!strcmp(name, "k")) return &r->k;
    if (!strcmp(name, "s")) return *type = "float", *size = 4, &r->s;
    if (!strcmp(name, "n")) return *type = "int", *size = 4, &r->n;
    if (!strcmp(name, "profile")) return *count = 2, r->profile;
    if (!strcmp(name, "odd")) return *count = 0, r->profile;
    return NULL;
}

static int get_type(Bmi *self, const char *name, char *type)
{
    const char *word;
    int size, count;
    if (!variable(of(self), name, &word, &size, &count)) return BMI_FAILURE;
    strcpy(type, word);
    return BMI_SUCCESS;
}

static int get_units(Bmi *self, const char *name, char *units)
{
    const char *word;
    int size, count;
    if (!variable(of(self), name, &word, &size, &count)) return BMI_FAILURE;
    strcpy(units, !strcmp(name, "n") || !strcmp(name, "k") ? "1" : of(self)->units);
    return BMI_SUCCESS;
}

static int get_itemsize(Bmi *self, const char *name, int *bytes)
{
    const char *word;
    int count;
    return variable(of(self), name, &word, bytes, &count) ? BMI_SUCCESS : BMI_FAILURE;
}

static int get_nbytes(Bmi *self, const char *name, int *bytes)
{
    const char *word;
    int size, count;
    if (!variable(of(self), name, &word, &size, &count)) return BMI_FAILURE;
    *bytes = size * count;
    return BMI_SUCCESS;
}

static int get_value_ptr(Bmi *self, const char *name, void **pointer)
{
    const char *word;
    int size, count;
    *pointer = of(self)->hide ? NULL : variable(of(self), name, &word, &size, &count);
    return *pointer ? BMI_SUCCESS : BMI_FAILURE;
}

static int get_value(Bmi *self, const char *name, void *dest)
{
    const char *word;
    int size, count;
    void *found = variable(of(self), name, &word, &size, &count);
    if (!found) return BMI_FAILURE;
    memcpy(dest, found, (size_t)size * count);
    return BMI_SUCCESS;
}

static int set_value(Bmi *self, const char *name, void *src)
{
    const char *word;
    int size, count;
    void *found = variable(of(self), name, &word, &size, &count);
    if (!found) return BMI_FAILURE;
    memcpy(found, src, (size_t)size * count);
    return BMI_SUCCESS;
}

static int get_now(Bmi *self, double *time) { *time = of(self)->now; return BMI_SUCCESS; }
static int get_start(Bmi *self, double *time) { (void)self; *time = 0; return BMI_SUCCESS; }
static int get_end(Bmi *self, double *time) { *time = of(self)->end; return BMI_SUCCESS; }
static int get_step(Bmi *self, double *step) { *step = of(self)->step; return BMI_SUCCESS; }
static int get_time_units(Bmi *self, char *units) { strcpy(units, of(self)->time_units); return BMI_SUCCESS; }
static int get_name(Bmi *self, char *name) { (void)self; strcpy(name, "reservoir"); return BMI_SUCCESS; }

Bmi *register_bmi_reservoir(Bmi *model)
{
    Reservoir *r = calloc(1, sizeof *r);
    r->k = 0.1, r->step = 3600, r->end = INFINITY;
    r->fail = r->crash = r->leave = r->move = -1;
    strcpy(r->time_units, "s"), strcpy(r->units, "mm");
    model->data = r;
    model->initialize = initialize, model->update = update, model->update_until = update_until;
    model->finalize = finalize, model->get_component_name = get_name;
    model->get_input_item_count = count_in, model->get_output_item_count = count_out;
    model->get_input_var_names = names_in, model->get_output_var_names = names_out;
    model->get_var_type = get_type, model->get_var_units = get_units;
    model->get_var_itemsize = get_itemsize, model->get_var_nbytes = get_nbytes;
    model->get_current_time = get_now, model->get_start_time = get_start, model->get_end_time = get_end;
    model->get_time_units = get_time_units, model->get_time_step = get_step;
    model->get_value = get_value, model->get_value_ptr = get_value_ptr, model->set_value = set_value;
    return model;
}

/* registers nothing but a name: what a wrong registration function looks like */
Bmi *register_bmi_nothing(Bmi *model)
{
    model->get_component_name = get_name;
    return model;
}

/* a second module: `total` is the sum of the two values of `column` */
typedef struct { double column[2], total; } Sum;

static int sum_initialize(Bmi *self, const char *config) { (void)self; (void)config; return BMI_SUCCESS; }

static int sum_update(Bmi *self)
{
    Sum *sum = self->data;
    sum->total = sum->column[0] + sum->column[1];
    return BMI_SUCCESS;
}

static int sum_count(Bmi *self, int *count) { (void)self; *count = 1; return BMI_SUCCESS; }
static int sum_in(Bmi *self, char **names) { (void)self; strcpy(names[0], "column"); return BMI_SUCCESS; }
static int sum_out(Bmi *self, char **names) { (void)self; strcpy(names[0], "total"); return BMI_SUCCESS; }
static int sum_type(Bmi *self, const char *name, char *type) { (void)self; (void)name; strcpy(type, "double"); return BMI_SUCCESS; }
static int sum_units(Bmi *self, const char *name, char *units) { (void)self; (void)name; strcpy(units, "m"); return BMI_SUCCESS; }
static int sum_itemsize(Bmi *self, const char *name, int *bytes) { (void)self; (void)name; *bytes = 8; return BMI_SUCCESS; }
static int sum_nbytes(Bmi *self, const char *name, int *bytes) { (void)self; *bytes = strcmp(name, "column") ? 8 : 16; return BMI_SUCCESS; }

static int sum_get(Bmi *self, const char *name, void *dest)
{
    Sum *sum = self->data;
    if (!strcmp(name, "total")) memcpy(dest, &sum->total, 8);
    else if (!strcmp(name, "column")) memcpy(dest, sum->column, 16);
    else return BMI_FAILURE;
    return BMI_SUCCESS;
}

static int sum_set(Bmi *self, const char *name, void *src)
{
    if (strcmp(name, "column")) return BMI_FAILURE;
    memcpy(((Sum *)self->data)->column, src, 16);
    return BMI_SUCCESS;
}

Bmi *register_bmi_sum(Bmi *model)
{
    model->data = calloc(1, sizeof(Sum));
    model->initialize = sum_initialize, model->update = sum_update, model->finalize = finalize;
    model->get_input_item_count = sum_count, model->get_output_item_count = sum_count;
    model->get_input_var_names = sum_in, model->get_output_var_names = sum_out;
    model->get_var_type = sum_type, model->get_var_units = sum_units;
    model->get_var_itemsize = sum_itemsize, model->get_var_nbytes = sum_nbytes;
    model->get_value = sum_get, model->set_value = sum_set;
    return model;
}
