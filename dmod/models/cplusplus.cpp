// A module in C++ behind the C struct of BMI 2.0: each function pointer calls the virtual function of the same purpose.
//
// The class below is the interface bmi::Bmi as bmi.hxx has it: what counts is the order of its virtual functions. An
// exception of the module becomes a status, and its text is kept for whoever asks.

#include <cstring>
#include <exception>
#include <string>
#include <vector>

namespace bmi {

class Bmi {
public:
    virtual ~Bmi() {}

    virtual void Initialize(std::string config) = 0;
    virtual void Update() = 0;
    virtual void UpdateUntil(double time) = 0;
    virtual void Finalize() = 0;

    virtual std::string GetComponentName() = 0;
    virtual int GetInputItemCount() = 0;
    virtual int GetOutputItemCount() = 0;
    virtual std::vector<std::string> GetInputVarNames() = 0;
    virtual std::vector<std::string> GetOutputVarNames() = 0;

    virtual int GetVarGrid(std::string name) = 0;
    virtual std::string GetVarType(std::string name) = 0;
    virtual std::string GetVarUnits(std::string name) = 0;
    virtual int GetVarItemsize(std::string name) = 0;
    virtual int GetVarNbytes(std::string name) = 0;
    virtual std::string GetVarLocation(std::string name) = 0;

    virtual double GetCurrentTime() = 0;
    virtual double GetStartTime() = 0;
    virtual double GetEndTime() = 0;
    virtual std::string GetTimeUnits() = 0;
    virtual double GetTimeStep() = 0;

    virtual void GetValue(std::string name, void *dest) = 0;
    virtual void *GetValuePtr(std::string name) = 0;
    virtual void GetValueAtIndices(std::string name, void *dest, int *indices, int count) = 0;
    virtual void SetValue(std::string name, void *src) = 0;
    virtual void SetValueAtIndices(std::string name, int *indices, int count, void *src) = 0;
    // what follows in bmi.hxx is about grids, and is not called
};

}  // namespace bmi

namespace {

constexpr int success = 0, failure = 1;
constexpr std::size_t text_size = 2048;  // of every buffer for a text

struct Wrapped {
    bmi::Bmi *model;
    std::string reason;
};

template <typename Action>
int guarded(void *self, Action action)
{
    Wrapped *wrapped = static_cast<Wrapped *>(self);
    try {
        action(*wrapped->model);
        return success;
    } catch (const std::exception &error) {
        wrapped->reason = error.what();
    } catch (...) {
        wrapped->reason = "an exception that is no std::exception";
    }
    return failure;
}

void put(const std::string &text, char *dest)
{
    std::size_t length = text.size() < text_size ? text.size() : text_size - 1;
    std::memcpy(dest, text.data(), length);
    dest[length] = '\0';
}

void put(const std::vector<std::string> &texts, char **dest)
{
    for (std::size_t i = 0; i < texts.size(); i++)
        put(texts[i], dest[i]);
}

}  // namespace

extern "C" {

void *dmod_wrap(void *model) { return new Wrapped{static_cast<bmi::Bmi *>(model), ""}; }

void *dmod_unwrap(void *self)
{
    Wrapped *wrapped = static_cast<Wrapped *>(self);
    void *model = wrapped->model;
    delete wrapped;
    return model;
}

const char *dmod_reason(void *self) { return static_cast<Wrapped *>(self)->reason.c_str(); }

int initialize(void *self, const char *config) { return guarded(self, [&](bmi::Bmi &m) { m.Initialize(config); }); }
int update(void *self) { return guarded(self, [](bmi::Bmi &m) { m.Update(); }); }
int update_until(void *self, double time) { return guarded(self, [&](bmi::Bmi &m) { m.UpdateUntil(time); }); }
int finalize(void *self) { return guarded(self, [](bmi::Bmi &m) { m.Finalize(); }); }

int get_component_name(void *self, char *name) { return guarded(self, [&](bmi::Bmi &m) { put(m.GetComponentName(), name); }); }
// the names are counted, so that a count which is wrong writes nowhere
int get_input_item_count(void *self, int *count) { return guarded(self, [&](bmi::Bmi &m) { *count = (int)m.GetInputVarNames().size(); }); }
int get_output_item_count(void *self, int *count) { return guarded(self, [&](bmi::Bmi &m) { *count = (int)m.GetOutputVarNames().size(); }); }
int get_input_var_names(void *self, char **names) { return guarded(self, [&](bmi::Bmi &m) { put(m.GetInputVarNames(), names); }); }
int get_output_var_names(void *self, char **names) { return guarded(self, [&](bmi::Bmi &m) { put(m.GetOutputVarNames(), names); }); }

int get_var_type(void *self, const char *name, char *type) { return guarded(self, [&](bmi::Bmi &m) { put(m.GetVarType(name), type); }); }
int get_var_units(void *self, const char *name, char *units) { return guarded(self, [&](bmi::Bmi &m) { put(m.GetVarUnits(name), units); }); }
int get_var_itemsize(void *self, const char *name, int *size) { return guarded(self, [&](bmi::Bmi &m) { *size = m.GetVarItemsize(name); }); }
int get_var_nbytes(void *self, const char *name, int *bytes) { return guarded(self, [&](bmi::Bmi &m) { *bytes = m.GetVarNbytes(name); }); }

int get_current_time(void *self, double *time) { return guarded(self, [&](bmi::Bmi &m) { *time = m.GetCurrentTime(); }); }
int get_start_time(void *self, double *time) { return guarded(self, [&](bmi::Bmi &m) { *time = m.GetStartTime(); }); }
int get_end_time(void *self, double *time) { return guarded(self, [&](bmi::Bmi &m) { *time = m.GetEndTime(); }); }
int get_time_units(void *self, char *units) { return guarded(self, [&](bmi::Bmi &m) { put(m.GetTimeUnits(), units); }); }
int get_time_step(void *self, double *step) { return guarded(self, [&](bmi::Bmi &m) { *step = m.GetTimeStep(); }); }

int get_value(void *self, const char *name, void *dest) { return guarded(self, [&](bmi::Bmi &m) { m.GetValue(name, dest); }); }
int get_value_ptr(void *self, const char *name, void **pointer) { return guarded(self, [&](bmi::Bmi &m) { *pointer = m.GetValuePtr(name); }); }
int set_value(void *self, const char *name, void *src) { return guarded(self, [&](bmi::Bmi &m) { m.SetValue(name, src); }); }

}
