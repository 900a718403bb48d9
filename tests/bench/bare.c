/* The limit: the reservoir of tests/modules through its function pointers, without anything of ours around it. */
#include "../modules/reservoir.c"

/* `catchments` runs of `steps` steps: the values of the last one are left in `runoff`; gives 0 if all went well. */
int bare(const char *config, long catchments, long steps, const double *rain, double *runoff)
{
    long catchment, step;
    for (catchment = 0; catchment < catchments; catchment++) {
        Bmi bmi;
        double *p, *q;
        memset(&bmi, 0, sizeof bmi);
        register_bmi_reservoir(&bmi);
        if (bmi.initialize(&bmi, config) || bmi.get_value_ptr(&bmi, "p", (void **)&p) || bmi.get_value_ptr(&bmi, "q", (void **)&q))
            return 1;
        for (step = 0; step < steps; step++) {
            *p = rain[step];
            if (bmi.update(&bmi))
                return 1;
            runoff[step] = *q;
        }
        bmi.finalize(&bmi);
    }
    return 0;
}
