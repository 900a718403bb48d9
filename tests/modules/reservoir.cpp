// The linear reservoir of this folder as a BMI module in C++.
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>

#include "bmi.hxx"

namespace {

int alive = 0;  // objects that were created and not destroyed

class Reservoir : public bmi::Bmi {
    struct Slot { const char *type; int size, count; void *values; };
    double p = 0, q = 0, k = 0.1, profile[2] = {0, 0}, storage = 0, now = 0, step = 3600, end = INFINITY;
    float s = 0;
    int n = 0, hide = 0, fail = -1, crash = -1, move = -1;
    double elsewhere = 0;
    std::string time_units = "s", units = "mm";

    Slot slot(const std::string &name)
    {
        if (name == "p") return {"double", 8, 1, &p};
        if (name == "q") return {"double", 8, 1, n > move && move >= 0 ? &elsewhere : &q};
        if (name == "k") return {"double", 8, 1, &k};
        if (name == "s") return {"float", 4, 1, &s};
        if (name == "n") return {"int", 4, 1, &n};
        if (name == "profile") return {"double", 8, 2, profile};
        throw std::out_of_range("no variable " + name);
    }

public:
    Reservoir() { alive++; }
    ~Reservoir() override { alive--; }

    void Initialize(std::string config) override
    {
        if (config.empty() || config == "/dev/null") return;
        std::ifstream file(config);
        if (!file) throw std::runtime_error("cannot open " + config);
        std::string key, value;
        while (file >> key >> value) {
            if (key == "k") k = std::stod(value);
            else if (key == "step") step = std::stod(value);
            else if (key == "end") end = std::stod(value);
            else if (key == "time_units") time_units = value;
            else if (key == "units") units = value;
            else if (key == "hide") hide = std::stoi(value);
            else if (key == "fail") fail = std::stoi(value);
            else if (key == "crash") crash = std::stoi(value);
            else if (key == "move") move = std::stoi(value);
            else throw std::invalid_argument("what is " + key);
        }
    }

    void Update() override
    {
        if (n == fail) throw std::runtime_error("the reservoir leaks");
        if (n == crash) std::raise(SIGSEGV);
        double full = storage + p;
        q = elsewhere = k * full;
        storage = full - q;
        s = float(storage);
        profile[0] = storage / 4, profile[1] = storage * 3 / 4;
        n++;
        now += step;
    }

    void UpdateUntil(double time) override { while (now < time - 1e-6) Update(); }
    void Finalize() override { storage = 0; }
    std::string GetComponentName() override { return "reservoir"; }
    int GetInputItemCount() override { return 1; }
    int GetOutputItemCount() override { return 4; }
    std::vector<std::string> GetInputVarNames() override { return {"p"}; }
    std::vector<std::string> GetOutputVarNames() override { return {"q", "s", "n", "profile"}; }
    int GetVarGrid(std::string) override { return 0; }
    std::string GetVarType(std::string name) override { return slot(name).type; }
    std::string GetVarUnits(std::string name) override { slot(name); return name == "n" || name == "k" ? "1" : units; }
    int GetVarItemsize(std::string name) override { return slot(name).size; }
    int GetVarNbytes(std::string name) override { return slot(name).size * slot(name).count; }
    std::string GetVarLocation(std::string) override { return "node"; }
    double GetCurrentTime() override { return now; }
    double GetStartTime() override { return 0; }
    double GetEndTime() override { return end; }
    std::string GetTimeUnits() override { return time_units; }
    double GetTimeStep() override { return step; }

    void GetValue(std::string name, void *dest) override
    {
        Slot found = slot(name);
        std::memcpy(dest, found.values, found.size * found.count);
    }

    void *GetValuePtr(std::string name) override
    {
        if (hide) throw std::logic_error("not shown");
        return slot(name).values;
    }

    void SetValue(std::string name, void *src) override
    {
        Slot found = slot(name);
        std::memcpy(found.values, src, found.size * found.count);
    }

    void GetValueAtIndices(std::string, void *, int *, int) override { throw std::logic_error("no"); }
    void SetValueAtIndices(std::string, int *, int, void *) override { throw std::logic_error("no"); }
    int GetGridRank(const int) override { return 0; }
    int GetGridSize(const int) override { return 1; }
    std::string GetGridType(const int) override { return "scalar"; }
    void GetGridShape(const int, int *) override {}
    void GetGridSpacing(const int, double *) override {}
    void GetGridOrigin(const int, double *) override {}
    void GetGridX(const int, double *) override {}
    void GetGridY(const int, double *) override {}
    void GetGridZ(const int, double *) override {}
    int GetGridNodeCount(const int) override { return 0; }
    int GetGridEdgeCount(const int) override { return 0; }
    int GetGridFaceCount(const int) override { return 0; }
    void GetGridEdgeNodes(const int, int *) override {}
    void GetGridFaceEdges(const int, int *) override {}
    void GetGridFaceNodes(const int, int *) override {}
    void GetGridNodesPerFace(const int, int *) override {}
};

}

extern "C" {

bmi::Bmi *bmi_model_create() { return new Reservoir(); }
void bmi_model_destroy(bmi::Bmi *model) { delete model; }
int reservoirs_alive() { return alive; }
void *bmi_model_of_nothing() { return nullptr; }

}
